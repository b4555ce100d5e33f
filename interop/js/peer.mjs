#!/usr/bin/env node
// One js-libp2p node, driven by JSON lines: commands on stdin, events and
// replies on stdout. See README.md for the protocol. Logs go to stderr.
import fs from 'node:fs'
import { parseArgs } from 'node:util'
import { createInterface } from 'node:readline'
import { buildNode } from './lib/node.mjs'
import { commands, wireEvents, registerProtocols, closeAll } from './lib/commands.mjs'
import { jsonable } from './lib/json.mjs'

const flags = {
  name: { type: 'string', default: `js-${process.pid}` },
  seed: { type: 'string' },
  'key-type': { type: 'string', default: 'ed25519' }, // ed25519 | secp256k1 | rsa | ecdsa
  listen: { type: 'string', multiple: true, default: [] },
  announce: { type: 'string', multiple: true, default: [] },
  'append-announce': { type: 'string', multiple: true, default: [] },
  transports: { type: 'string', default: 'tcp,ws' }, // tcp,ws,quic,circuit
  security: { type: 'string', default: 'noise,tls' }, // noise,tls,plaintext in order of preference
  muxers: { type: 'string', default: 'yamux' }, // yamux,mplex
  impl: { type: 'string', default: 'libp2p' }, // libp2p | chainsafe: who made noise and yamux
  psk: { type: 'string' }, // file with a swarm key
  dht: { type: 'string', default: 'off' }, // off | client | server | auto
  'dht-protocol': { type: 'string', default: '/ipfs/kad/1.0.0' },
  'dht-addrs': { type: 'string', default: 'all' }, // all | public | private
  'relay-server': { type: 'boolean', default: false },
  'relay-listen': { type: 'string', multiple: true, default: [] },
  dcutr: { type: 'boolean', default: false },
  'fix-dcutr': { type: 'boolean', default: false }, // work around js-libp2p bugs, see README
  autonat: { type: 'string', default: '' }, // v1,v2
  'fix-autonat': { type: 'boolean', default: false }, // work around a bug of the v1 server
  mdns: { type: 'boolean', default: false },
  'mdns-interval': { type: 'string', default: '1000' },
  'mdns-tag': { type: 'string' },
  pubsub: { type: 'string', default: '' }, // gossipsub | floodsub
  bootstrap: { type: 'string', multiple: true, default: [] },
  'dial-discovered': { type: 'boolean', default: false },
  rendezvous: { type: 'string', default: '' }, // server,client
  'rendezvous-protocol': { type: 'string', default: '/rendezvous/1.0.0' },
  upnp: { type: 'boolean', default: false },
  'upnp-gateway': { type: 'string', multiple: true, default: [] },
  'js-defaults': { type: 'boolean', default: false }, // keep js-libp2p's own connection limits
  'announce-observed': { type: 'boolean', default: false }, // trust the address other peers see (TCP port reuse lab)
  set: { type: 'string', multiple: true, default: [] }, // --set group.option=json
  agent: { type: 'string' },
  help: { type: 'boolean', default: false }
}

const { values: opt } = parseArgs({ options: flags, allowNegative: true })
if (opt.help) {
  process.stdout.write(Object.entries(flags).map(([k, v]) => `--${k}${v.type === 'string' ? ' VALUE' : ''}${v.multiple ? ' (repeatable)' : ''}${v.default?.length ? ` [${v.default}]` : ''}`).join('\n') + '\n')
  process.exit(0)
}

// mDNS and UPnP multicast on the default route: never on the machine's own network
if ((opt.mdns || (opt.upnp && opt['upnp-gateway'].length === 0)) && process.env.LAB_ALLOW_MULTICAST !== '1') {
  const own = fs.readlinkSync('/proc/self/ns/net')
  let first
  try { first = fs.readlinkSync('/proc/1/ns/net') } catch {}
  if (own === first) {
    process.stderr.write('refusing --mdns/--upnp outside a network namespace (would multicast on the real network); LAB_ALLOW_MULTICAST=1 overrides\n')
    process.exit(2)
  }
}

const send = obj => { process.stdout.write(JSON.stringify(obj, jsonable) + '\n') }
const emit = (event, detail = {}) => send({ event, t: Date.now(), ...detail })

process.on('unhandledRejection', err => emit('unhandled', { error: String(err?.stack ?? err) }))
process.on('uncaughtException', err => emit('uncaught', { error: String(err?.stack ?? err) }))

const started = performance.now()
const ctx = { opt, emit, started, observed: new Map() }
try {
  ctx.node = await buildNode(opt, ctx)
  wireEvents(ctx)
  await registerProtocols(ctx)
  await ctx.node.start()
} catch (err) {
  emit('fatal', { error: String(err?.stack ?? err) })
  process.exit(1)
}

emit('ready', {
  name: opt.name,
  peerId: ctx.node.peerId.toString(),
  addrs: ctx.node.getMultiaddrs().map(String), // what it tells others; a public address only once verified
  listening: ctx.node.components.transportManager.getAddrs().map(a => `${a}/p2p/${ctx.node.peerId}`),
  protocols: ctx.node.getProtocols(),
  pid: process.pid,
  node: process.version,
  ms: Math.round(performance.now() - started)
})

// js names a wrong peer at the other end by where it noticed it: the other peers say what is wrong
function sharedName (err) {
  const wrongPeer = /does not match expected remote identity key|^Unexpected Peer$|^Dialed peer \S+ but connected to/
  return wrongPeer.test(err?.message) ? 'UnexpectedPeerError' : err?.name
}

let stopping = false
async function stop () {
  if (stopping) return
  stopping = true
  const hard = setTimeout(() => process.exit(0), 5000)
  hard.unref()
  await closeAll(ctx)
  try { await ctx.node.stop() } catch (err) { emit('stop-error', { error: String(err) }) }
  emit('stopped')
  process.stdout.write('', () => process.exit(0))
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

const rl = createInterface({ input: process.stdin })
rl.on('line', line => {
  if (line.trim() === '') return
  let msg
  try {
    msg = JSON.parse(line)
  } catch (err) {
    send({ id: null, ok: false, error: `bad JSON: ${err.message}` })
    return
  }
  const { id = null, cmd, timeout = 30_000, ...args } = msg
  if (cmd === 'stop') {
    send({ id, ok: true, result: {} })
    stop()
    return
  }
  const fn = commands[cmd]
  if (fn == null) {
    send({ id, ok: false, name: 'UnsupportedCommand', error: `unknown cmd ${cmd}`, commands: Object.keys(commands) })
    return
  }
  const t0 = performance.now()
  const signal = AbortSignal.timeout(timeout)
  Promise.resolve()
    .then(() => fn(ctx, args, signal))
    .then(
      result => send({ id, ok: true, ms: +(performance.now() - t0).toFixed(2), result: result ?? {} }),
      err => send({
        id,
        ok: false,
        ms: +(performance.now() - t0).toFixed(2),
        error: err?.message ?? String(err),
        name: sharedName(err),
        errors: err?.errors?.map(e => `${e.name}: ${e.message}`),
        cause: err?.cause == null ? undefined : String(err.cause)
      })
    )
})
rl.on('close', stop) // stdin closed: the driver is gone
