// oidc-provider on a free port of localhost, with its own development pages for signing in and consent. Prints the port; then a line of
// input is a command, answered by "ok": `sign ALGORITHM` (of ID tokens from now on), `codes SECONDS` (how long a code is good),
// `rotate` (a new RSA key signs, the old one stays published). Ends with its input.
//
//   node provider.js CERT KEY CLIENT_ID CLIENT_SECRET REDIRECT
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createInterface } from "node:readline";
import { Provider } from "oidc-provider";

const [cert, key, id, secret, redirect] = process.argv.slice(2);
let keys = [newKey("rsa", "r1", { modulusLength: 2048 }), newKey("ec", "e1", { namedCurve: "P-256" }), newKey("ed25519", "d1")];
let algorithm = "RS256";
let codes = 60;
let handle;

function newKey(type, kid, options) {
  return { ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }), kid, use: "sig" };
}

function begin(issuer) {
  const provider = new Provider(issuer, {
    clients: [{ client_id: id, client_secret: secret, redirect_uris: [redirect], id_token_signed_response_alg: algorithm }],
    jwks: { keys },
    cookies: { keys: ["a", "b"] },
    claims: { email: ["email", "email_verified"], profile: ["name"] },
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "HS256", "EdDSA"] },
    pkce: { required: () => true },
    ttl: { AuthorizationCode: () => codes },
    // Whose name says so has an address that was not verified.
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, name: `Name of ${sub}`, email: `${sub}@shop.example`, email_verified: !sub.startsWith("unverified") }),
    }),
  });
  handle = provider.callback();
}

const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => handle(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `https://localhost:${server.address().port}`;
  begin(issuer);
  console.log(server.address().port);
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const [command, value] = line.split(" ");
      if (command === "sign") algorithm = value;
      if (command === "codes") codes = Number(value);
      if (command === "rotate") keys = [newKey("rsa", "r2", { modulusLength: 2048 }), ...keys];
      begin(issuer);
      console.log("ok");
    })
    .on("close", () => process.exit(0));
});
