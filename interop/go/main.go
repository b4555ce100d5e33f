// Command go-peer is a go-libp2p node that another program drives with JSON
// lines: commands on stdin, replies and events on stdout, logs on stderr.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const defaultTimeout = 30 * time.Second

func main() {
	started := time.Now()
	out := newOutput(os.Stdout)
	opt, err := parseFlags(os.Args[1:])
	if err == nil {
		err = guardMulticast(opt)
	}
	if err != nil {
		fatal(out, err)
	}
	setLog(opt.log)
	n, err := newNode(opt, out)
	if err != nil {
		fatal(out, err)
	}
	for _, path := range opt.set.unused() {
		fmt.Fprintf(os.Stderr, "ignored: --set %s\n", path)
	}
	out.emit("ready", obj{
		"name":      opt.name,
		"peerId":    n.host.ID().String(),
		"addrs":     n.addrs(),
		"listening": n.listening(),
		"protocols": n.protocols(),
		"pid":       os.Getpid(),
		"go":        runtime.Version(),
		"versions":  versions(),
		"ms":        time.Since(started).Milliseconds(),
	})
	n.start()

	var once sync.Once
	stop := func() {
		once.Do(func() {
			time.AfterFunc(5*time.Second, func() { os.Exit(0) })
			n.close()
			out.emit("stopped", nil)
			os.Exit(0)
		})
		select {} // another goroutine is stopping
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() { <-signals; stop() }()

	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	for {
		line, err := in.ReadString('\n')
		if strings.TrimSpace(line) != "" {
			if n.dispatch(line) {
				stop()
			}
		}
		if err != nil { // stdin closed: the driver is gone
			stop()
		}
	}
}

func fatal(out *output, err error) {
	detail := obj{"error": err.Error()}
	if name := errorName(err); name != "Error" {
		detail["name"] = name
	}
	out.emit("fatal", detail)
	os.Exit(1)
}

// dispatch starts the command on a line. It reports whether that is stop.
func (n *node) dispatch(line string) (stop bool) {
	var a args
	if err := json.Unmarshal([]byte(line), &a); err != nil {
		n.out.send(obj{"id": nil, "ok": false, "error": "bad JSON: " + err.Error(), "name": "SyntaxError"})
		return false
	}
	id := a["id"]
	name := a.str("cmd", "")
	if name == "stop" {
		n.out.send(obj{"id": id, "ok": true, "result": obj{}})
		return true
	}
	fn := commands[name]
	if fn == nil {
		n.out.send(obj{
			"id": id, "ok": false, "error": "unknown cmd " + name,
			"name": unsupported("").name, "commands": commandNames(),
		})
		return false
	}
	go n.run(id, fn, a)
	return false
}

func (n *node) run(id json.RawMessage, fn command, a args) {
	start := time.Now()
	timeout := defaultTimeout
	if ms := a.num("timeout", 0); ms > 0 {
		timeout = time.Duration(ms) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(n.ctx, timeout)
	defer cancel()
	result, err := func() (result any, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		return fn(ctx, n, a)
	}()
	ms := math.Round(float64(time.Since(start).Microseconds())/10) / 100
	if err != nil {
		if ctx.Err() == context.DeadlineExceeded && errorName(err) == "Error" {
			err = fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
		}
		reply := obj{"id": id, "ok": false, "ms": ms, "error": err.Error(), "name": errorName(err)}
		if causes := errorCauses(err); len(causes) > 0 {
			reply["errors"] = causes
		}
		if code, ok := streamCode(err); ok {
			reply["code"] = code
		}
		n.out.send(reply)
		return
	}
	if result == nil {
		result = obj{}
	}
	n.out.send(obj{"id": id, "ok": true, "ms": ms, "result": result})
}

// guardMulticast refuses mDNS and port mapping on the machine's own network.
func guardMulticast(o *options) error {
	if !o.mdns && !o.upnp || os.Getenv("LAB_ALLOW_MULTICAST") == "1" {
		return nil
	}
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return err
	}
	if first, err := os.Readlink("/proc/1/ns/net"); err == nil && first == own {
		return fmt.Errorf("refusing --mdns/--upnp outside a network namespace (would multicast on the real network); LAB_ALLOW_MULTICAST=1 overrides")
	}
	return nil
}
