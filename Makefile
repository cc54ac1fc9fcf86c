# What there is to do, one target a line. Works from a bare Debian or Ubuntu as root, with node, npm and make on it.
SHELL := /bin/sh
ENGINE := tools/engine.sh
# One run at a time: they share the VM's disk.
VM = tools/deps.sh vm && mkdir -p .cache/vm && flock -w 3600 .cache/vm/lock node test/vm/run.mjs
.DELETE_ON_ERROR:
.PHONY: help deps packages check lint types build plugin install push demo test test-vm test-vm-all model bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | while IFS='|' read -r target text; do printf '%-20s %s\n' "$$target" "$$text"; done

deps: packages node_modules/.package-lock.json ## what is missing on this machine: apt packages, node_modules

packages:
	@tools/deps.sh

check: node_modules/.package-lock.json ## format, lint, types and unit tests; needs no Docker
	@$(MAKE) --no-print-directory -j2 lint types
	npm run --silent test:unit

lint types: node_modules/.package-lock.json
	npm run --silent $@

build: node_modules/.package-lock.json ## the whole program in one file: dist/nfs-shared.mjs
	npm run --silent build

plugin: deps build ## plugin/config.json and plugin/rootfs, which docker plugin create takes (BASE=image to start from)
	@$(ENGINE) run tools/make-plugin.sh

install: plugin ## the plugin into this machine's Docker Engine as nfs-shared:latest (REMOTE_DIRS='nfs://…:label')
	@tools/install.sh

push: plugin ## the plugin to a registry: make push PLUGIN=registry.example.com/nfs-shared:0.1.0
	@$(ENGINE) run tools/push.sh '$(PLUGIN)'

demo: deps ## two containers share a volume, on this machine alone; removes all it made
	@$(ENGINE) run tools/demo.sh

test: deps check ## check, then the tests that take longer: faults, 100,000 generated inputs, a real Docker Engine
	npm run --silent test:service
	npm run --silent test:property
	npm run --silent test:docker

test-vm: plugin ## the plugin in a VM: real NFS servers and clients, outages, two hosts
	@$(VM)

test-vm-all: plugin ## the same with every suite there is
	@$(VM) --all

model: node_modules/.package-lock.json ## every order of the steps of several hosts on one share, with faults: up to an hour
	node test/model/run.mjs

bench: plugin ## measures what users wait for
	npm run --silent bench

clean: ## what was made here, downloads included; the private engine's data stays (rm -r /var/tmp/nfs-shared-engine)
	rm -rf dist coverage plugin/config.json plugin/rootfs .cache

# npm writes this file when it has finished, so a broken installation is made again.
node_modules/.package-lock.json: package-lock.json
	@tools/deps.sh node
	@# Not "npm ci": it wants an entry in the lock file for every platform's binaries, and not every registry has them all.
	npm install --no-save --no-audit --no-fund
	@touch $@
