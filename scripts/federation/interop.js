// Composes the gateway with a subgraph of orders, whose customers are users of the gateway. Called by interop-federation.
import assert from "node:assert/strict";
import http from "node:http";
import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from "@apollo/gateway";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { graphql, parse } from "graphql";
import { registerUser } from "../lib/user.js";

const [url, name, secret] = process.argv.slice(2);
const menjin = new URL("/graphql", url).href;
const credentials = { "x-service-authorization": `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}` };
const quiet = { debug() {}, info() {}, warn: console.warn, error: console.error };

/** Starts a subgraph that knows only the ids of users. */
async function orders(customers) {
  const schema = buildSubgraphSchema({
    typeDefs: parse(`
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
      type Query { orders: [Order!]! }
      type Order { id: ID! customer: User }
      type User @key(fields: "id") { id: ID! orders: [Order!]! }
    `),
    resolvers: {
      Query: { orders: () => customers.map((id, at) => ({ id: String(at), customer: { id } })) },
      User: { orders: (user) => [{ id: `of ${user.id}`, customer: { id: user.id } }] },
    },
  });
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { query, variables, operationName } = JSON.parse(body);
    const result = await graphql({ schema, source: query, variableValues: variables, operationName });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(result));
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(`http://127.0.0.1:${server.address().port}/`)));
}

/** Starts Apollo's gateway. It sends the service credentials and the user's token to Menjin. */
async function router(other, headers) {
  const gateway = new ApolloGateway({
    logger: quiet,
    supergraphSdl: new IntrospectAndCompose({
      subgraphs: [{ name: "menjin", url: menjin }, { name: "orders", url: other }],
      introspectionHeaders: (service) => (service.name === "menjin" ? headers : {}),
    }),
    buildService: (service) =>
      new RemoteGraphQLDataSource({
        url: service.url,
        willSendRequest({ request, context }) {
          if (service.name !== "menjin") return;
          for (const [key, value] of Object.entries(headers)) request.http.headers.set(key, value);
          if (context.token) request.http.headers.set("authorization", `Bearer ${context.token}`);
        },
      }),
  });
  const { executor, schema } = await gateway.load();
  const execute = async (query, token) => {
    const request = { query, http: { headers: new Map() } };
    const result = await executor({
      request, document: parse(query), queryHash: query, source: query, schema, context: { token }, logger: quiet,
      metrics: {}, overallCachePolicy: { restrict() {} },
    });
    return JSON.parse(JSON.stringify(result));
  };
  return { execute, stop: () => gateway.stop() };
}

const codes = (result) => (result.errors ?? []).map((error) => error.extensions?.code);

try {
  const one = await registerUser(url);
  const two = await registerUser(url);
  const other = await orders([one.id, two.id, "01a1fd2d-11a2-7ac7-9df8-ee59239b9903"]);

  await assert.rejects(router(other, {}), "without credentials there is no subgraph schema");

  const { execute, stop } = await router(other, credentials);
  const names = await execute("{ orders { id customer { id nickname } } }");
  assert.equal(names.errors, undefined, JSON.stringify(names.errors));
  const [first, second, third] = names.data.orders;
  assert.equal(first.customer.id, one.id);
  assert.ok(first.customer.nickname && second.customer.nickname && first.customer.nickname !== second.customer.nickname);
  assert.equal(third.customer, null, "an unknown id is null and does not affect the others");

  const mine = await execute("{ me { id email orders { id } } }", one.token);
  assert.equal(mine.errors, undefined, JSON.stringify(mine.errors));
  assert.equal(mine.data.me.orders[0].id, `of ${one.id}`);
  assert.match(mine.data.me.email, /@example\.com$/);

  for (const token of [undefined, two.token]) {
    const others = await execute("{ orders { customer { id email } } }", token);
    assert.ok(codes(others).includes("FORBIDDEN"), JSON.stringify(others));
    assert.equal(others.data.orders[0].customer?.email ?? null, null, "personal fields are visible to their owner only");
  }
  await stop();
  console.log("federation: composition and queries work, and personal fields are protected");
  process.exit(0);
} catch (error) {
  console.error(error);
  process.exit(1);
}
