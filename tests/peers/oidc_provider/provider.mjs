// A certified OpenID provider whose users are signed in by a header of the browser, `x-signs-in`.
// Reads {port, clients} as JSON from stdin, prints the issuer once it listens.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { text } from 'node:stream/consumers';

import Provider from 'oidc-provider';

const { port, clients } = JSON.parse(await text(process.stdin));
const issuer = `http://127.0.0.1:${port}`;
const LEVEL = 'urn:test:high';

const jwk = (kind, options, more) => ({ ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), use: 'sig', ...more });

const provider = new Provider(issuer, {
  clients,
  jwks: {
    keys: [
      jwk('ec', { namedCurve: 'P-256' }, { kid: 'ec', alg: 'ES256' }),
      jwk('rsa', { modulusLength: 2048 }, { kid: 'rsa' }),
    ],
  },
  acrValues: [LEVEL],
  claims: { openid: ['sub', 'acr', 'auth_time'], profile: ['name', 'birthdate', 'citizen_id'] },
  cookies: { keys: ['a key of the test'] },
  enabledJWA: { idTokenSigningAlgValues: ['ES256', 'RS256', 'PS256'] },
  features: { devInteractions: { enabled: false } },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: 'Nguyễn Thị Bông Súng', birthdate: '1998-01-01', citizen_id: '080198000001' }),
  }),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  ttl: { AuthorizationCode: 60, IdToken: 300, AccessToken: 300, Grant: 600, Interaction: 600, Session: 600 },
});

// Someone at the provider's page: signs in and agrees to whatever is asked.
async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  const accountId = session?.accountId ?? request.headers['x-signs-in'];
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, {
      login: { accountId, acr: LEVEL, remember: false, ts: Math.floor(Date.now() / 1000) },
    });
    return;
  }
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

const serve = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    serve(request, response);
    return;
  }
  interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
}).listen(port, '127.0.0.1', () => console.log(issuer));
