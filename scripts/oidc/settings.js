// The settings that the gateway and the provider share. Run as a program, prints the gateway's settings, one per line.
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

export const client = {
  id: "menjin:interop",
  // Contains characters that must be urlencoded in the Authorization header.
  secret: "per%20cent:colon+plus/slash=is&and",
  callback: "https://app.example.com/callback/oidc",
};

export const issuer = (port) => `http://127.0.0.1:${port}`;

if (argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`MENJIN_SOCIAL_OIDC_ISSUER=${issuer(argv[2])}`);
  console.log(`MENJIN_SOCIAL_OIDC_CLIENT_ID=${client.id}`);
  console.log(`MENJIN_SOCIAL_OIDC_CLIENT_SECRET=${client.secret}`);
  console.log("MENJIN_SOCIAL_CALLBACK_URL=https://app.example.com/callback/{provider}");
}
