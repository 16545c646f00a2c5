// A federation of the gateway and a subgraph of orders, whose customers are its users. Called by interop-federation.
import assert from "node:assert/strict";
import http from "node:http";
import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from "@apollo/gateway";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { graphql, parse } from "graphql";
import { person } from "../lib/person.js";

const [url, name, secret] = process.argv.slice(2);
const menjin = new URL("/graphql", url).href;
const credentials = { "x-service-authorization": `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}` };
const quiet = { debug() {}, info() {}, warn: console.warn, error: console.error };

/** A subgraph that knows of users nothing but their ids. */
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

/** A router: as Apollo's gateway, with our credentials towards one subgraph and the caller's own token. */
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
  const ask = async (query, token) => {
    const request = { query, http: { headers: new Map() } };
    const result = await executor({
      request, document: parse(query), queryHash: query, source: query, schema, context: { token }, logger: quiet,
      metrics: {}, overallCachePolicy: { restrict() {} },
    });
    return JSON.parse(JSON.stringify(result));
  };
  return { ask, stop: () => gateway.stop() };
}

const codes = (result) => (result.errors ?? []).map((error) => error.extensions?.code);

try {
  const one = await person(url);
  const two = await person(url);
  const other = await orders([one.id, two.id, "01a1fd2d-11a2-7ac7-9df8-ee59239b9903"]);

  await assert.rejects(router(other, {}), "without credentials there is no schema to compose");

  const { ask, stop } = await router(other, credentials);
  const names = await ask("{ orders { id customer { id nickname } } }");
  assert.equal(names.errors, undefined, JSON.stringify(names.errors));
  const [first, second, third] = names.data.orders;
  assert.equal(first.customer.id, one.id);
  assert.ok(first.customer.nickname && second.customer.nickname && first.customer.nickname !== second.customer.nickname);
  assert.equal(third.customer, null, "nobody of that id, and the others are there all the same");

  const mine = await ask("{ me { id email orders { id } } }", one.token);
  assert.equal(mine.errors, undefined, JSON.stringify(mine.errors));
  assert.equal(mine.data.me.orders[0].id, `of ${one.id}`);
  assert.match(mine.data.me.email, /@example\.com$/);

  for (const token of [undefined, two.token]) {
    const others = await ask("{ orders { customer { id email } } }", token);
    assert.ok(codes(others).includes("FORBIDDEN"), JSON.stringify(others));
    assert.equal(others.data.orders[0].customer?.email ?? null, null, "what is personal stays with the person");
  }
  await stop();
  console.log("federation: composed, asked, and nobody else's address was told");
  process.exit(0);
} catch (error) {
  console.error(error);
  process.exit(1);
}
