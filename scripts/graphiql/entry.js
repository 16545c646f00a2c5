// The GraphiQL page for this gateway. It starts with the documents of start.graphql.
import "graphiql/graphiql.css";

import { GraphiQL } from "graphiql";
import { createElement } from "react";
import { createRoot } from "react-dom/client";

async function fetcher(parameters, options) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
      ...options?.headers,
    },
    body: JSON.stringify(parameters),
  });
  return response.json();
}

const start = await (await fetch("/graphiql/start.graphql")).text();
createRoot(document.getElementById("graphiql")).render(
  createElement(GraphiQL, {
    fetcher,
    defaultQuery: start,
    defaultEditorToolsVisibility: "headers",
    isHeadersEditorEnabled: true,
    // Do not keep access tokens in local storage after the tab is closed.
    shouldPersistHeaders: false,
  }),
);
