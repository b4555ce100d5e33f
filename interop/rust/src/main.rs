//! One rust-libp2p node, driven by JSON lines: commands on stdin, events and
//! replies on stdout, logs on stderr. See README.md.
mod behaviour;
mod commands;
mod error;
mod events;
mod flags;
mod identity;
mod node;
mod proto;
mod streams;
mod transport;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use libp2p::swarm::{self, Swarm};
use serde_json::{json, Map, Value};
use tokio::io::{AsyncBufReadExt, BufReader};
use tracing_subscriber::prelude::*;
use tracing_subscriber::{fmt, reload, EnvFilter, Registry};

use commands::{Args, Ctx};
use error::CmdError;
use flags::Options;
use node::{listening, own_addrs, own_protocols, Node, Out, Shared};

static LOG: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Sets the log filter, in the syntax of RUST_LOG; empty for none.
pub fn log(filter: &str) -> Result<(), CmdError> {
    let filter = EnvFilter::try_new(if filter.is_empty() { "off" } else { filter }).map_err(|e| CmdError::from(e.to_string()))?;
    LOG.get().map_or(Ok(()), |h| h.reload(filter)).map_err(|e| CmdError::from(e.to_string()))
}

fn main() {
    let opt = match Options::parse(std::env::args().skip(1)) {
        Ok(o) if o.is("help") => {
            print!("{}", Options::help());
            return;
        }
        Ok(o) => o,
        Err(e) => {
            eprintln!("{e}");
            std::process::exit(2);
        }
    };
    let allowed = std::env::var("LAB_ALLOW_MULTICAST").as_deref() == Ok("1");
    if (opt.is("mdns") || opt.is("upnp")) && !allowed && same_netns_as_init() {
        eprintln!("refusing --mdns/--upnp outside a network namespace (would multicast on the real network); LAB_ALLOW_MULTICAST=1 overrides");
        std::process::exit(2);
    }
    let (layer, handle) = reload::Layer::new(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off")));
    tracing_subscriber::registry().with(layer).with(fmt::layer().with_writer(std::io::stderr)).init();
    let _ = LOG.set(handle);

    let (out, writer) = Out::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let failed = runtime.block_on(run(opt, out.clone())).err();
    if let Some(e) = &failed {
        out.emit("fatal", json!({ "error": e }));
    } else {
        out.emit("stopped", json!({}));
    }
    drop(out);
    runtime.shutdown_timeout(Duration::from_millis(500));
    // tasks may still hold the channel; what was sent is written soon
    let started = Instant::now();
    while !writer.is_finished() && started.elapsed() < Duration::from_millis(100) {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::process::exit(if failed.is_some() { 1 } else { 0 });
}

fn same_netns_as_init() -> bool {
    match (std::fs::read_link("/proc/self/ns/net"), std::fs::read_link("/proc/1/ns/net")) {
        (Ok(own), Ok(first)) => own == first,
        _ => false,
    }
}

async fn run(opt: Options, out: Out) -> Result<(), String> {
    let started = Instant::now();
    let key = identity::keypair(&opt)?;
    let me = key.public().to_peer_id();
    let built = transport::build(&opt, &key)?;
    let behaviour = behaviour::build(&opt, &key, built.relay_client)?;
    let mut config = swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(Duration::from_secs(if opt.is("rust-defaults") { 10 } else { opt.str("idle-timeout").parse().unwrap_or(3600) }));
    if !opt.is("rust-defaults") {
        config = config.with_max_negotiating_inbound_streams(1024);
    }
    if opt.set("swarm.smartDial") == Some(1) {
        config = config.with_smart_dial();
    }
    let swarm = Swarm::new(built.transport, behaviour, me, config);
    let shared = Arc::new(Shared { opt, key, me, out: out.clone(), seen: built.seen });
    let ctx = Ctx { node: Node::start(shared.clone(), swarm), streams: Default::default() };
    commands::stream::serve_defaults(&ctx).await;
    start(&ctx).await?;

    let sh = shared.clone();
    let mut ready = ctx
        .node
        .call(move |swarm, _| {
            json!({ "peerId": sh.me.to_string(), "addrs": own_addrs(swarm, &sh), "listening": listening(swarm, &sh), "protocols": own_protocols(swarm) })
        })
        .await;
    let pid = std::process::id();
    ready["name"] = shared.opt.get("name").map(String::from).unwrap_or(format!("rust-{pid}")).into();
    ready["pid"] = pid.into();
    ready["rust"] = "libp2p 0.57.1".into();
    ready["ms"] = (started.elapsed().as_millis() as u64).into();
    out.emit("ready", ready);

    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(|e| e.to_string())?;
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line,
            _ = term.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
        };
        let Ok(Some(line)) = line else { break }; // stdin closed: the driver is gone
        if line.trim().is_empty() {
            continue;
        }
        let mut msg: Map<String, Value> = match serde_json::from_str(&line) {
            Ok(m) => m,
            Err(e) => {
                out.send(json!({ "id": null, "ok": false, "name": "SyntaxError", "error": format!("bad JSON: {e}") }));
                continue;
            }
        };
        let id = msg.remove("id").unwrap_or(Value::Null);
        let cmd = msg.remove("cmd").and_then(|c| c.as_str().map(String::from)).unwrap_or_default();
        let limit = msg.remove("timeout").and_then(|t| t.as_f64()).unwrap_or(30_000.0);
        if cmd == "stop" {
            out.send(json!({ "id": id, "ok": true, "ms": 0, "result": {} }));
            break;
        }
        let (ctx, out) = (ctx.clone(), out.clone());
        tokio::spawn(async move {
            let t = Instant::now();
            let answer = tokio::time::timeout(Duration::from_millis(limit as u64), commands::run(&ctx, &cmd, Args(msg))).await;
            let ms = (t.elapsed().as_secs_f64() * 100_000.0).round() / 100.0;
            out.send(match answer.unwrap_or_else(|_| Err(CmdError::new("TimeoutError", "The operation was aborted due to timeout"))) {
                Ok(result) => json!({ "id": id, "ok": true, "ms": ms, "result": result }),
                Err(e) => {
                    let mut reply = json!({ "id": id, "ok": false, "ms": ms, "name": e.name, "error": e.message });
                    if !e.errors.is_empty() {
                        reply["errors"] = json!(e.errors);
                    }
                    reply
                }
            });
        });
    }
    // let peers see the connections close
    let peers = ctx
        .node
        .call(|swarm, _| {
            let peers: Vec<_> = swarm.connected_peers().copied().collect();
            for p in &peers {
                let _ = swarm.disconnect_peer_id(*p);
            }
            peers.len()
        })
        .await;
    if peers > 0 {
        let closed = ctx.node.wait_for(|_, st| st.conns.is_empty().then_some(()));
        let _ = tokio::time::timeout(Duration::from_secs(1), closed).await;
    }
    Ok(())
}

/// Listeners, announced addresses, bootstrap peers.
async fn start(ctx: &Ctx) -> Result<(), String> {
    let opt = &ctx.node.shared.opt;
    let parse = |list: Vec<String>| list.iter().map(|a| commands::addr(a).map_err(|e| e.message)).collect::<Result<Vec<_>, _>>();
    let announced = parse([opt.all("announce"), opt.all("append-announce")].concat())?;
    let announced: Vec<_> = announced.iter().map(transport::strip_peer).collect();
    let bootstrap = parse(opt.all("bootstrap"))?;
    if opt.is("dcutr") && !opt.is("rust-defaults") && !announced.is_empty() {
        // rust's DCUtR offers candidates only, and what is confirmed is no candidate any more
        let list = announced.clone();
        ctx.node.call(move |swarm, _| list.into_iter().for_each(|a| swarm.behaviour_mut().streams.candidate(a))).await;
        let list: Vec<_> = announced.iter().map(|a| a.to_string()).collect();
        ctx.node.wait_for(move |_, st| list.iter().all(|a| st.candidates.contains(a)).then_some(())).await;
    }
    for on in parse(opt.all("listen"))? {
        let text = on.to_string();
        let listening = commands::net::listen_on(ctx, on);
        match tokio::time::timeout(Duration::from_secs(5), listening).await {
            Ok(Ok(_)) => {}
            Ok(Err(e)) => return Err(format!("listen {text}: {}", e.message)),
            Err(_) => return Err(format!("listen {text}: no address came up")),
        }
    }
    if opt.all("listen").iter().any(|a| a.contains("/0.0.0.0/") || a.contains("/ip6/::/")) {
        tokio::time::sleep(Duration::from_millis(30)).await; // one address per interface
    }
    let relay_server = opt.is("relay-server");
    let shared = ctx.node.shared.clone();
    ctx.node
        .call(move |swarm, _| {
            for a in announced {
                swarm.add_external_address(a);
            }
            if let (true, Some(relay)) = (relay_server, swarm.behaviour_mut().relay.as_mut()) {
                relay.set_status(Some(libp2p::relay::Status::Enable));
            }
            for a in bootstrap {
                let Some(peer) = commands::last_peer(&a) else { continue };
                if let Some(kad) = swarm.behaviour_mut().kad.as_mut() {
                    kad.add_address(&peer, transport::strip_peer(&a));
                }
                commands::discovered(peer, vec![a], swarm, &shared);
            }
        })
        .await;
    for relay in opt.all("relay-listen") {
        let mut args = Map::new();
        args.insert("addr".into(), relay.clone().into());
        let reserve = commands::net::relay_listen(ctx, Args(args));
        let failed = match tokio::time::timeout(Duration::from_secs(5), reserve).await {
            Ok(Ok(_)) => continue,
            Ok(Err(e)) => e.message,
            Err(_) => "no answer".into(),
        };
        ctx.node.shared.out.emit("relay:failed", json!({ "relay": relay, "error": failed }));
    }
    Ok(())
}
