import { readFileSync } from 'node:fs';

import type { CodegenConfig } from '@graphql-codegen/cli';
import { parse, print, visit } from 'graphql';

/** The schema without descriptions: only changes of the schema itself change the generated files. */
const schema = print(
  visit(parse(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8')), {
    enter: (node) => ('description' in node ? { ...node, description: undefined } : undefined),
  }),
);

const operations = {
  plugins: ['typescript-operations', 'typed-document-node'],
  config: {
    scalars: { DateTime: 'string' },
    strictScalars: true,
    useTypeImports: true,
  },
};

const config: CodegenConfig = {
  schema,
  generates: {
    'packages/vue/src/generated.ts': { ...operations, documents: 'packages/vue/src/*.graphql' },
    'src/generated/operations.ts': {
      ...operations,
      documents: ['src/graphql/*.graphql', 'packages/vue/src/refusal.graphql'],
    },
    'src/generated/possible-types.ts': { plugins: ['fragment-matcher'], config: { useExplicitTyping: true } },
  },
};

export default config;
