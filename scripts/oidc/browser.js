// A minimal browser: it keeps cookies per origin, follows redirects and submits forms.

export class Browser {
  #cookies = new Map();

  async #fetch(url, options = {}) {
    const { origin } = new URL(url);
    const jar = this.#cookies.get(origin) ?? new Map();
    this.#cookies.set(origin, jar);
    const headers = { ...options.headers };
    if (jar.size) headers.cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { ...options, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(";");
      const at = pair.indexOf("=");
      const expired = attributes.some((it) => /^\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(it));
      if (expired) jar.delete(pair.slice(0, at).trim());
      else jar.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
    }
    return response;
  }

  /** Sends a GraphQL request. Returns the data, or throws if the response contains errors. */
  async graphql(gateway, query, variables) {
    const response = await this.#fetch(new URL("/graphql", gateway), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Signs in as `login` and consents on every page until the redirect to `callback`. Returns the callback parameters. */
  async signIn(url, login, callback) {
    let response = await this.#fetch(url);
    for (let steps = 0; steps < 20; steps += 1) {
      const location = response.headers.get("location");
      if (location) {
        url = new URL(location, url).href;
        if (url.startsWith(callback)) return Object.fromEntries(new URL(url).searchParams);
        response = await this.#fetch(url);
        continue;
      }
      const page = await response.text();
      const action = page.match(/<form[^>]* action="([^"]+)"/)?.[1];
      const prompt = page.match(/name="prompt" value="([^"]+)"/)?.[1];
      if (!action || !prompt) throw new Error(`${url} returned status ${response.status}: ${page.slice(0, 2000)}`);
      url = new URL(action, url).href;
      response = await this.#fetch(url, { method: "POST", body: new URLSearchParams({ prompt, login, password: "any" }) });
    }
    throw new Error("too many redirects by the provider");
  }
}
