// A phone with an authenticator of its own: `node phone.mjs`. A line of JSON in, `{"call", "origin", "options"}`, is a
// call of navigator.credentials; a line out is what its toJSON() gives, or `{"error"}`.
import { createInterface } from 'node:readline'
import emulation from 'nid-webauthn-emulator'

const phone = new emulation.WebAuthnEmulator()
const calls = { create: phone.createJSON.bind(phone), get: phone.getJSON.bind(phone) }

for await (const line of createInterface({ input: process.stdin })) {
  const { call, origin, options } = JSON.parse(line)
  try {
    console.log(JSON.stringify(calls[call](origin, options)))
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }))
  }
}
