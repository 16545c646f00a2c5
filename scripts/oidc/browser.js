// A browser as far as it is needed here: it keeps cookies for each host, goes where it is sent and fills in forms.

export class Browser {
  #cookies = new Map();

  async #fetch(url, options = {}) {
    const { origin } = new URL(url);
    const jar = this.#cookies.get(origin) ?? new Map();
    this.#cookies.set(origin, jar);
    const headers = { ...options.headers };
    if (jar.size) headers.cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...options, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(";");
      const at = pair.indexOf("=");
      const gone = attributes.some((it) => /^\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(it));
      if (gone) jar.delete(pair.slice(0, at).trim());
      else jar.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
    }
    return answer;
  }

  /** What the gateway answers; there are no errors besides the typed ones. */
  async graphql(gateway, query, variables) {
    const answer = await this.#fetch(new URL("/graphql", gateway), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await answer.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Goes from page to page, signing in as `login` and agreeing to all, until it is sent to `callback`: its parameters. */
  async walk(url, login, callback) {
    let answer = await this.#fetch(url);
    for (let steps = 0; steps < 20; steps += 1) {
      const sent = answer.headers.get("location");
      if (sent) {
        url = new URL(sent, url).href;
        if (url.startsWith(callback)) return Object.fromEntries(new URL(url).searchParams);
        answer = await this.#fetch(url);
        continue;
      }
      const page = await answer.text();
      const action = page.match(/<form[^>]* action="([^"]+)"/)?.[1];
      const prompt = page.match(/name="prompt" value="([^"]+)"/)?.[1];
      if (!action || !prompt) throw new Error(`${url} answers with ${answer.status}: ${page.slice(0, 2000)}`);
      url = new URL(action, url).href;
      answer = await this.#fetch(url, { method: "POST", body: new URLSearchParams({ prompt, login, password: "any" }) });
    }
    throw new Error("the provider sends in circles");
  }
}
