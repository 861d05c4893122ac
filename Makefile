SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Where the official installer and toolchain archives put it, as scripts/install-dependencies looks.
export PATH := $(PATH):$(HOME)/.local/share/swiftly/bin:/opt/swift/usr/bin
SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
LIBDIR ?= $(PREFIX)/lib
VERSION := $(shell scripts/version)
SOURCES := Sources Snippets Tests Benchmarks Package.swift
KERNELS ?= stable newest

# What keeps the binary under 20 MB: -Osize and sections for each function save 0.9, lld's folding and
# packed relocations (glibc 2.36) 1.3, no symbols for others to link with 0.4. Unwind tables (1.9) stay: a crash in
# the field must leave a backtrace that can be read.
RELEASE := --configuration release --static-swift-stdlib \
	-Xswiftc -Osize -Xswiftc -Xfrontend -Xswiftc -function-sections -Xswiftc -use-ld=lld \
	-Xlinker --gc-sections -Xlinker --icf=all -Xlinker -z -Xlinker pack-relative-relocs \
	-Xlinker --no-export-dynamic

.PHONY: help
help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: release ## Benchmark memory registration on rxe in a microVM, then on io_uring
	@scripts/run-bench

# What runs on this machine beside what runs in emulated ones: two processors have enough for both.
.PHONY: test
test: setup-tests ## Everything below, on a fresh machine as well
	$(MAKE) --jobs=3 --output-sync=recurse lint build kernels
	$(MAKE) --jobs=2 --output-sync=recurse native emulated

.PHONY: check
check: lint ## For the edit loop, 4 minutes: lint, unit tests, misuse, and a boot with rxe
	$(MAKE) --jobs=1 unit misuse
	Tests/smoke

# Downloads, and drivers that the distribution does not build: a test whose kernel cannot be had says so itself.
.PHONY: kernels
kernels: setup-tests
	for kernel in $(KERNELS) 6.12; do \
		directory=$$(scripts/vm/kernel $$kernel) && scripts/vm/driver $$directory siw || true; \
	done

# The unit tests run the binary that people get, which is built by then.
.PHONY: native
native:
	$(MAKE) --jobs=1 misuse example release
	MEMREG_UNDER_TEST=.build/release/memreg $(MAKE) --jobs=1 unit docs packages slurm report integration-others

.PHONY: emulated
emulated:
	$(MAKE) --jobs=1 release vm integration-rxe

.PHONY: setup
setup: ## Install what building and the microVM need
	@scripts/install-dependencies

.PHONY: setup-tests
setup-tests: ## Install what the tests and benchmarks need besides
	@scripts/install-dependencies tests

.PHONY: build
build: setup ## Build the debug binary and the tests
	$(SWIFT) build --build-tests
	$(MAKE) .build/debug/libmemreg-record.so

# What `memreg record` and `memreg explain -- COMMAND` preload: C alone, so that nothing comes into a program but these calls.
RECORDER := Sources/CRecorder
%/libmemreg-record.so: $(wildcard $(RECORDER)/*) Sources/CRecording/recording.h
	$(CC) -O2 -Wall -Wextra -Werror -fPIC -D_GNU_SOURCE -shared $(RECORDER)/*.c \
		-Wl,--version-script=$(RECORDER)/recorder.map -Wl,-z,now -o $@

.PHONY: release
release: setup ## Build the release binary, the Swift runtime inside
	$(SWIFT) build $(RELEASE) --product memreg
	$(MAKE) .build/release/libmemreg-record.so

.PHONY: lint
lint: setup-tests ## Check format, imports and length of the sources, the shell scripts, and that documented changes apply
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)
	{ git ls-files | xargs awk 'FNR == 1 && /^#!.*(\/|env )(ba)?sh$$/ { print FILENAME }'; git ls-files '*.bash'; } | xargs shellcheck -x
	for patch in docs/adding/*.patch; do git apply --check $$patch; done
	scripts/check-imports
	Tests/Lint/run
	Tests/Lint/words
	Tests/Lint/changelog

.PHONY: unit
unit: setup-tests build ## Unit tests, and what needs no device
	Tests/run-unit

# How long `make fuzz` takes.
MINUTES ?= 10

.PHONY: fuzz
fuzz: setup-tests build ## Mutate the input of every reader for MINUTES
	MEMREG_MUTATION_MINUTES=$(MINUTES) .build/debug/memregPackageTests.xctest --testing-library swift-testing --filter 'Readers of input from outside'

.PHONY: misuse
misuse: build ## What the types forbid must not compile
	Tests/Misuse/run

.PHONY: vm
vm: setup-tests ## Test the microVM that runs commands on rxe
	Tests/RxeVM/run

.PHONY: mutants
mutants: setup-tests build ## Hold the checks to finding bugs in the kernel: KERNEL=stable NAME=regex
	Tests/Mutants/run --kernel $(or $(KERNEL),stable) $(NAME)

.PHONY: mutant-sample
mutant-sample: setup-tests build ## Ten of the mutants
	Tests/Mutants/run --sample

.PHONY: pages
pages: setup-tests build release ## Run every block of code of the README and the docs
	Tests/Docs/run

.PHONY: slurm
slurm: setup-tests release ## Test memreg under a real Slurm on the loopback address
	Tests/Slurm/run

.PHONY: report
report: setup-tests release ## Make pages of real documents, look at them in a browser, and compare a fleet of 10,000
	Tests/Report/run

.PHONY: integration
integration: integration-rxe integration-others ## Integration tests on real devices, on each of KERNELS

.PHONY: integration-rxe
integration-rxe: setup-tests build release
	Tests/run-integration rxe $(KERNELS)

.PHONY: integration-others
integration-others: setup-tests build release
	Tests/run-integration others $(KERNELS)

.PHONY: soak
soak: setup-tests build ## All commands side by side in the microVM for MINUTES=10, and what they leave behind
	Tests/Soak/run $(or $(MINUTES),10)

.PHONY: bench
bench: setup-tests lib ## Benchmark memreg's loop against C loops and its cache against UCX's and libfabric's
	$(SWIFT) build $(RELEASE) --product memreg-peers
	scripts/rxe-vm --deterministic -- .build/release/memreg-peers verbs 1.002
	scripts/rxe-vm -- .build/release/memreg-peers verbs 1.005
	.build/release/memreg-peers io_uring 1.05
	Benchmarks/cache-peers
	Benchmarks/cache-bench

.PHONY: format
format: ## Format the sources
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

MANUAL := .build/manual

.PHONY: man
man: release ## Write man pages and shell completions from the same source as --help
	scripts/build-manual .build/release/memreg $(MANUAL)

# The modules that middleware imports; each is documented below .build/docs.
DOCUMENTED := MemoryRegistration RegistrationCache

.PHONY: docs
docs: setup ## Write the library's documentation to .build/docs; a broken link is an error
	mkdir -p .build/docs
	for module in $(DOCUMENTED); do \
		$(SWIFT) package --allow-writing-to-directory .build/docs generate-documentation --target $$module \
			--output-path .build/docs/$$module --warnings-as-errors; \
	done

.PHONY: static
static: release ## Link the fully static binary: libc, rdma-core and its providers inside
	scripts/link-static .build/static/memreg

.PHONY: deb
deb: setup-tests release lib man ## Build the Debian packages memreg, libmemreg1 and libmemreg-dev
	rm -rf .build/deb
	$(MAKE) install DESTDIR=$(CURDIR)/.build/deb/stage PREFIX=/usr LIBDIR=/usr/lib/$$(dpkg-architecture -qDEB_HOST_MULTIARCH)
	scripts/build-deb .build/deb/stage .build/deb

.PHONY: rpm
rpm: setup-tests static man ## Build the RPM package for RHEL 9 and its like, around the static binary
	rm -rf .build/rpm
	scripts/build-rpm .build/static/memreg $(MANUAL) .build/rpm

IMAGE := .build/image/memreg.oci.tar

.PHONY: image
image: setup-tests static ## Build an OCI image with the static binary alone
	scripts/build-image .build/static/memreg $(IMAGE)

.PHONY: packages
packages: setup-tests deb static rpm image ## Test the Debian packages in clean systems, the RPM package, the image, and the static binary on rxe
	cc -O2 Examples/cache.c -I Sources/CMemReg/include -L .build/library -l:libmemreg.so.1 -o .build/deb/example
	Tests/Packaging/dist
	Tests/Packaging/manual .build/release/memreg $(MANUAL)/man1
	Tests/Completion/run .build/release/memreg $(MANUAL)/completions
	Tests/Packaging/package .build/deb .build/deb/example
	Tests/Packaging/static .build/static/memreg
	Tests/Packaging/rpm .build/rpm/memreg-*.rpm
	scripts/rxe-vm --memory 4G -- Tests/Packaging/image $(CURDIR)/$(IMAGE)
	Tests/Packaging/manifests

DIST := .build/dist/memreg-$(VERSION).tar.gz

.PHONY: dist
dist: ## Write the source of HEAD as a tarball, the same to the byte on every machine
	mkdir -p $(dir $(DIST))
	git -c tar.umask=0022 archive --format=tar --prefix=memreg-$(VERSION)/ HEAD | gzip -9n >$(DIST)
	cd $(dir $(DIST)) && sha256sum $(notdir $(DIST)) | tee $(notdir $(DIST)).sha256

.PHONY: install
install: ## Install below PREFIX, staged under DESTDIR; the library and the manual where they were built
	test -x .build/release/memreg || { echo 'nothing built yet: run `make release`' >&2; exit 1; }
	if [[ -x $(LIBMEMREG) ]]; then $(MAKE) install-lib; fi
	if [[ -d $(MANUAL) ]]; then $(MAKE) install-man; fi
	install -D -m 755 .build/release/memreg $(DESTDIR)$(PREFIX)/bin/memreg
	install -D -m 755 .build/release/libmemreg-record.so $(DESTDIR)$(PREFIX)/lib/memreg/libmemreg-record.so
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/share/memreg/vm $(filter-out %.bash,$(wildcard scripts/vm/*))
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/memreg/vm scripts/vm/*.bash
	install -m 755 scripts/rxe-vm $(DESTDIR)$(PREFIX)/share/memreg/rxe-vm
	ln -sf ../share/memreg/rxe-vm $(DESTDIR)$(PREFIX)/bin/memreg-rxe-vm
	install -d $(DESTDIR)$(PREFIX)/share/doc/memreg
	cp -r --no-preserve=ownership Examples $(DESTDIR)$(PREFIX)/share/doc/memreg/examples

.PHONY: install-man
install-man: ## Install man pages and completions below PREFIX, staged under DESTDIR
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(MANUAL)/man1/*
	install -D -m 644 $(MANUAL)/completions/memreg.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/memreg
	install -D -m 644 $(MANUAL)/completions/memreg-rxe-vm.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/memreg-rxe-vm
	install -D -m 644 $(MANUAL)/completions/memreg.zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_memreg
	install -D -m 644 $(MANUAL)/completions/memreg-rxe-vm.zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_memreg-rxe-vm
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d $(MANUAL)/completions/*.fish

# The registration cache for C: libmemreg.so with versioned symbols and the Swift runtime inside, its header and
# pkg-config file. Built apart, as SwiftPM links no runtime into libraries, and for speed where memreg is for size.
LIBMEMREG := .build/library/libmemreg.so.1

.PHONY: lib
lib: setup ## Build libmemreg.so, the registration cache for C
	$(SWIFT) build --configuration release --scratch-path .build/library --product memreg-c \
		-Xswiftc -static-stdlib -Xswiftc -use-ld=lld -Xlinker --gc-sections -Xlinker --icf=all \
		-Xlinker -soname=libmemreg.so.1 -Xlinker -z -Xlinker nodelete -Xlinker --version-script=$(CURDIR)/Sources/MemRegC/memreg.map
	strip -o $(LIBMEMREG) .build/library/release/libmemreg-c.so
	ln -sf libmemreg.so.1 .build/library/libmemreg.so

.PHONY: example
example: lib ## Build the C example by pkg-config against what is installed, and run it
	rm -rf .build/stage
	$(MAKE) install-lib DESTDIR=$(CURDIR)/.build/stage
	Tests/Packaging/library .build/stage $(PREFIX)

.PHONY: install-lib
install-lib: ## Install libmemreg.so, memreg.h and memreg.pc below PREFIX, staged under DESTDIR
	test -x $(LIBMEMREG) || { echo 'nothing built yet: run `make lib`' >&2; exit 1; }
	install -D -m 755 $(LIBMEMREG) $(DESTDIR)$(LIBDIR)/libmemreg.so.1
	ln -sf libmemreg.so.1 $(DESTDIR)$(LIBDIR)/libmemreg.so
	install -D -m 644 Sources/CMemReg/include/memreg.h $(DESTDIR)$(PREFIX)/include/memreg.h
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' Sources/MemRegC/memreg.pc.in \
		> $(DESTDIR)$(LIBDIR)/pkgconfig/memreg.pc

.PHONY: churn
churn: setup-tests ## The cache's tests at length: all that breaks caches, and a property test, also under thread sanitizer
	$(SWIFT) build --configuration release --product cache-stress
	Tests/run-cache-stress .build/release/cache-stress
	$(SWIFT) build --configuration release --product cache-churn
	.build/release/cache-churn 375000
	$(SWIFT) build --sanitize thread --scratch-path .build/tsan --product cache-churn
	.build/tsan/debug/cache-churn 37500
	LD_PRELOAD=libjemalloc.so.2 .build/release/cache-churn 50000

.PHONY: bench-index
bench-index: ## Compare designs for the index of the registration cache
	mkdir -p .build
	$(CC) -O2 -Wall -Wextra Benchmarks/index_designs.c -o .build/index_designs
	.build/index_designs

.PHONY: bench-top
bench-top: release ## Measure what a pass of `memreg top` costs over 1,000 and 2,000 processes
	Benchmarks/top-cost

.PHONY: clean
clean: ## Remove what was built
	rm -rf .build
