// An app that knows our API and leaves DPoP (RFC 9449) to openid-client: `node app.mjs <api> <phone>`.
// Prints what it saw, as one line of JSON.
import * as client from 'openid-client'

const [api, phone] = process.argv.slice(2)
const seen = []

// openid-client speaks forms to a token endpoint and we speak JSON: its requests are put into our words, and nothing of
// their headers is touched.
async function fetched(url, options) {
  const headers = new Headers(options.headers)
  let body = options.body
  if (body instanceof URLSearchParams) {
    const { grant_type, client_id, ...given } = Object.fromEntries(body)
    headers.set('content-type', 'application/json')
    headers.set('accept', 'application/json')
    body = JSON.stringify(given)
  }
  const answer = await fetch(url, { ...options, headers, body })
  const problem = answer.ok ? null : (await answer.clone().json()).code
  seen.push([options.method, new URL(url).pathname, answer.status, problem])
  return answer
}

function configured(path) {
  const server = { issuer: api, token_endpoint: `${api}${path}` }
  const made = new client.Configuration(server, 'app', undefined, client.None())
  client.allowInsecureRequests(made)
  made[client.customFetch] = fetched
  return made
}

// What it took, and what came of it.
async function step(name, what) {
  const before = seen.length
  let came
  try {
    came = await what()
  } catch (error) {
    came = { refused: error.code, status: error.cause?.status ?? error.status ?? null }
  }
  return { name, came, requests: seen.slice(before) }
}

const signing = configured('/v1/auth/otp/verify')
const keys = await client.randomDPoPKeyPair('ES256', { extractable: true })
const handle = () => client.getDPoPHandle(signing, keys)
const DPoP = handle()

async function asked() {
  const answer = await fetched(`${api}/v1/auth/otp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ phone }),
  })
  return (await answer.json()).challenge_id
}

async function get(path, token, options) {
  const answer = await client.fetchProtectedResource(
    signing, token, new URL(`${api}${path}`), 'GET', null, new Headers(), options,
  )
  return await answer.json()
}

const steps = []
const grant = async () =>
  client.genericGrantRequest(signing, 'urn:longan:otp', { challenge_id: await asked(), code: '000000' }, { DPoP })
steps.push(await step('sign in', grant))
const token = steps[0].came.access_token
steps.push(await step('get_me', () => get('/v1/me', token, { DPoP })))
steps.push(await step('get_me with a query', () => get('/v1/me/notifications?limit=1', token, { DPoP })))
// A new handle of the same key knows no nonce yet.
steps.push(await step('get_me without a nonce', () => get('/v1/me', token, { DPoP: handle() })))
steps.push(await step('without the key', () => get('/v1/me', token, {})))
const thief = client.getDPoPHandle(signing, await client.randomDPoPKeyPair('ES256'))
steps.push(await step('with another key', () => get('/v1/me', token, { DPoP: thief })))
const renewing = configured('/v1/auth/refresh')
const renewed = () => client.refreshTokenGrant(renewing, steps[0].came.refresh_token, undefined, { DPoP })
steps.push(await step('refresh', renewed))
steps.push(await step('get_me after it', () => get('/v1/me', steps.at(-1).came.access_token, { DPoP })))

console.log(JSON.stringify({ thumbprint: await DPoP.calculateThumbprint(), steps }))
