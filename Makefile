# Descent: build, run, test. `make help` lists the targets.
#
# A fresh machine has make and nothing else. So the targets for people (run, test, check, bench)
# first let .ci/install fetch what is missing and then make again, with all cores; and nothing
# here asks pkg-config or npm while this file is being read.

ifeq ($(origin CC),default)
CC        = gcc
endif
CFLAGS   ?= -O2 -g
SANITIZE ?=
ARGS     ?=

# Each variant has a directory of its own, build/ or build/address-undefined/. The name is kept
# relative when it lies in here, so that it is the same however it was given.
comma    := ,
BUILD    ?= build$(addprefix /,$(subst $(comma),-,$(SANITIZE)))
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))
ifneq ($(filter / $(CURDIR) core server static tests,$(BUILD)),)
$(error BUILD must be a directory of its own, not $(BUILD))
endif

# -ffp-contract=off: a run's numbers must not depend on whether the processor can fuse.
STRICT   = -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wvla -Werror=implicit -Werror=vla -ffp-contract=off -fno-math-errno
HARDEN   = -fstack-protector-strong -fPIE
ifneq ($(SANITIZE),)
CHECKS   = -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
# clang counts what inputs reach; and it doesn't say, as gcc does, that the kernels may be slow.
ifneq ($(FUZZING),)
CHECKS  += -fsanitize=fuzzer-no-link -D__SANITIZE_ADDRESS__
endif
else
HARDEN  += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif
COMPILE  = $(CC) $(STRICT) $(HARDEN) $(CFLAGS) $(CHECKS) -I.
LINK     = $(CC) -pie -Wl,-z,relro,-z,now $(LDFLAGS) $(CHECKS)
LIBS     = $(shell pkg-config --libs libmicrohttpd jansson sqlite3 libsodium) -lpthread -lm

objects  = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)))
programs = $(patsubst %.c,$(BUILD)/%,$(wildcard $(1)))
helpers  = $(filter-out $(addprefix $(BUILD)/$(1)/,test_% bench_%),$(call objects,$(1)/*.c))

CORE_OBJECTS   := $(call objects,core/*/*.c core/*/*/*.c)
SERVER_OBJECTS := $(call objects,server/*/*.c server/*/*/*.c) $(BUILD)/assets.o
CORE_HELPERS   := $(call helpers,tests/core)
SERVER_HELPERS := $(call helpers,tests/server)
BENCH_HELPERS  := $(call helpers,tests/bench)
CORE_TESTS     := $(call programs,tests/core/test_*.c)
SERVER_TESTS   := $(call programs,tests/server/test_*.c)
BENCHES        := $(call programs,tests/*/bench_*.c)
PEERS          := $(call programs,tests/bench/peers/peer_*.c)
BENCH_SERVER   := $(call programs,tests/bench/server/*.c) $(BUILD)/tests/bench/peers/peer_descent
PROBES         := $(call programs,tests/outside/*.c)
LOADERS        := $(call programs,tests/load/*.c)
FUZZERS        := $(call programs,tests/fuzz/fuzz_*.c)
FUZZ_HELPERS   := $(filter-out $(addsuffix .o,$(FUZZERS)),$(call objects,tests/fuzz/*.c))

PAGE  := $(filter-out static/node_modules/%,$(wildcard \
         $(foreach kind,html css js svg png ico,static/*.$(kind) static/*/*.$(kind))))
CHART := $(addprefix static/node_modules/uplot/dist/uPlot.,esm.js min.css)
# path=file for each: "/" is the index, "/NAME" another file of static/, "/chart/NAME" one of a
# folder in it, "/uplot/NAME" the library that draws.
ASSETS = $(patsubst /index.html=%,/=%,$(foreach f,$(PAGE),$(f:static/%=/%)=$f) \
         $(foreach f,$(CHART),/uplot/$(notdir $f)=$f))

# V=1 shows the commands.
SAY = @$(if $(V),:,printf '  %-5s %s\n')
DO  = $(if $(V),,@)

# Makes again with all cores, unless the caller said how many.
AGAIN = @$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

## all: build the server (no installing)
all: $(BUILD)/descent

## run: install what is missing, build, and serve the page; ARGS="--listen 127.0.0.1:9000"
run:
	@.ci/install run
	$(AGAIN) all
	@exec $(BUILD)/descent $(ARGS)

## test: install what is missing, build, and run every test
test:
	@.ci/install test
	$(AGAIN) all programs
	@tests/run $(BUILD)

## check: the C tests alone; SUITES="core server fuzz"
SUITES ?= core server fuzz
check:
	@.ci/install check
	$(AGAIN) programs
	@tests/run $(BUILD) $(SUITES)

## bench: time the training core and the engine
bench:
	@.ci/install check
	$(AGAIN) $(BENCHES)
	@for bench in $(BENCHES); do \
	    rm -rf $(BUILD)/bench && mkdir $(BUILD)/bench && $$bench $(BUILD)/bench || exit 1; done

## bench-peers: the training core beside NumPy, PyTorch, scikit-learn, FANN and OpenBLAS
bench-peers:
	@.ci/install peers
	$(AGAIN) $(PEERS)
	@/usr/bin/python3 -B tests/bench/peers/peers.py $(BUILD)/tests/bench/peers $(BUILD)/peers.json

## bench-server: what the whole server adds to training; two workers; a class posting at once
bench-server:
	@.ci/install test
	$(AGAIN) all $(BENCH_SERVER)
	@$(FROM_OUTSIDE) tests/bench/server/measure.py $(BUILD)/bench-server.json

.PHONY: bench-peers bench-server

## fuzz: search for inputs that break the parsers, FUZZ_SECONDS=60 for each; needs clang
FUZZ_SECONDS ?= 60
fuzz:
	@.ci/install fuzz
	$(AGAIN) CC=clang-14 SANITIZE=address,undefined FUZZING=1 BUILD=$(BUILD)/fuzz searchers
	@tests/fuzz/search $(BUILD)/fuzz $(FUZZ_SECONDS) $(ONLY)

## bits: compare the core's numbers between compilers and options
bits:
	@tests/bits/compare $(BUILD)/bits

# What takes minutes, or wants the machine for itself. BUILD tells the tests where the server is.
FROM_OUTSIDE = BUILD=$(abspath $(BUILD)) PYTHONPYCACHEPREFIX=$(abspath $(BUILD))/pycache \
               /usr/bin/python3
ONE_TEST     = -m pytest -q -s -p no:cacheprovider

## load: measure thousands of readers, requests and what they cost training; PARTS="readers crowd"
load:
	@.ci/install test
	$(AGAIN) all $(LOADERS)
	@$(FROM_OUTSIDE) tests/load/measure.py $(BUILD)/load.json $(PARTS)

## specs: post SPECS=20000 random specs; each is a right result or a fault that names its place
SPECS ?= 20000
specs:
	@.ci/install test
	$(AGAIN) all
	@DESCENT_SPECS=$(SPECS) $(FROM_OUTSIDE) $(ONE_TEST) tests/outside/test_random_specs.py

.PHONY: specs

## soak: a mix of everything for SOAK_MINUTES=10; memory and descriptors must stay flat
soak:
	@.ci/install test
	$(AGAIN) all
	@$(FROM_OUTSIDE) tests/load/soak.py $(BUILD)/soak.json

## crash: kill the server KILLS=200 times under load; nothing may be lost or changed
crash:
	@.ci/install test
	$(AGAIN) all
	@KILLS=$${KILLS:-200} $(FROM_OUTSIDE) $(ONE_TEST) tests/outside/test_kills.py

## cuts: cut event streams CUTS=1000 times; every epoch must come once
cuts:
	@.ci/install test
	$(AGAIN) all
	@CUTS=$${CUTS:-1000} $(FROM_OUTSIDE) $(ONE_TEST) tests/outside/test_cuts.py

## learn: what networks learn here and with scikit-learn, on six data sets; a minute
learn:
	@.ci/install peers
	$(AGAIN) all
	@$(FROM_OUTSIDE) tests/learn/learn.py $(BUILD)/learn.json

## verdicts: how often verdicts are right, on fresh random runs; some minutes; SEED=1 repeats
verdicts:
	@.ci/install test
	$(AGAIN) all $(PROBES)
	@$(FROM_OUTSIDE) tests/explain/verdicts.py $(SEED)

.PHONY: load soak crash cuts learn verdicts

## clean: remove what was built (with SANITIZE=...: of that variant)
clean:
	@if [ -e $(BUILD)/compile.flags ]; then rm -rf $(BUILD); fi

## help: this list
help:
	@sed -n 's/^## //p' Makefile
	@echo
	@echo 'With SANITIZE=address,undefined or SANITIZE=thread: the same, checked while it runs,'
	@echo 'in a build directory of its own. BUILD=DIR: build there. V=1: show the commands.'

programs: $(CORE_TESTS) $(SERVER_TESTS) $(PROBES) $(FUZZERS)
searchers: $(FUZZERS:%=%.search)

.PHONY: all run test check bench fuzz bits clean help programs searchers FORCE
.SECONDARY: $(CORE_HELPERS) $(SERVER_HELPERS) $(BENCH_HELPERS) $(FUZZ_HELPERS) \
            $(addsuffix .o,$(CORE_TESTS) $(SERVER_TESTS) $(PROBES) $(BENCHES) $(FUZZERS))
.DELETE_ON_ERROR:

# --- objects: rebuilt when their source, a header or the flags change -------------------------

# A file holding $(1), touched only when that changes.
define remember
	@mkdir -p $(@D)
	@printf '%s\n' '$(strip $(1))' | cmp -s - $@ || printf '%s\n' '$(strip $(1))' >$@
endef

$(BUILD)/compile.flags: FORCE
	$(call remember,$(COMPILE))

$(BUILD)/%.o: %.c $(BUILD)/compile.flags
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(DO)$(COMPILE) -MMD -MP -c $< -o $@

# What an .incbin takes in, the compiler doesn't tell.
$(BUILD)/server/spec/preset/presets.o: server/spec/preset/presets.json
$(BUILD)/server/spec/preset/labs.o: server/spec/preset/labs.json
$(BUILD)/server/spec/source/library.o: $(wildcard server/spec/source/*.csv)

-include $(patsubst %.o,%.d,$(CORE_OBJECTS) $(SERVER_OBJECTS) $(CORE_HELPERS) $(SERVER_HELPERS) \
           $(BENCH_HELPERS) $(BUILD)/server/main.o $(addsuffix .o,$(CORE_TESTS) $(SERVER_TESTS) $(BENCHES) \
           $(PROBES) $(FUZZERS)) $(FUZZ_HELPERS))

# --- the page, compiled in --------------------------------------------------------------------

static/node_modules/.lock.json: static/package-lock.json
	@.ci/install page

$(CHART): static/node_modules/.lock.json ;

$(BUILD)/assets.list: FORCE
	$(call remember,$(ASSETS))

$(BUILD)/assets.c: server/http/reply/embed.sh $(BUILD)/assets.list $(PAGE) $(CHART)
	$(SAY) EMBED $@
	$(DO)server/http/reply/embed.sh $(BUILD) $(ASSETS)

$(BUILD)/assets.o: $(BUILD)/assets.c $(BUILD)/compile.flags
	$(SAY) CC $<
	$(DO)$(COMPILE) -MMD -MP -c $< -o $@

# --- libraries and programs -------------------------------------------------------------------

# Lists of objects are remembered too: a source that is gone must leave the library.
$(BUILD)/libcore.list: FORCE
	$(call remember,$(CORE_OBJECTS))

$(BUILD)/libserver.list: FORCE
	$(call remember,$(SERVER_OBJECTS))

# With q files of one name from several folders are all kept.
$(BUILD)/lib%.a: $(BUILD)/lib%.list
	@rm -f $@
	$(SAY) AR $@
	$(DO)ar qcs $@ $(filter %.o,$^)

$(BUILD)/libcore.a: $(CORE_OBJECTS)
$(BUILD)/libserver.a: $(SERVER_OBJECTS)

$(BUILD)/descent: $(BUILD)/server/main.o $(BUILD)/libserver.a $(BUILD)/libcore.a
	$(SAY) LINK $@
	$(DO)$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/tests/bench/bench_elementary: $(call objects,tests/core/wide_elementary_*.c)
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BENCH_HELPERS) $(BUILD)/libcore.a
	$(SAY) LINK $@
	$(DO)$(LINK) -o $@ $^ -lm

# Each peer is a program of its own, so that one library's absence or habits touch no other.
PEER_HELPERS := $(BUILD)/tests/bench/peers/problem.o $(BUILD)/tests/bench/probe.o
$(BUILD)/tests/bench/peers/peer_openblas: PEER_LIBS = -lopenblas
$(BUILD)/tests/bench/peers/peer_fann: PEER_LIBS = -ldoublefann
$(BUILD)/tests/bench/peers/peer_%: $(BUILD)/tests/bench/peers/peer_%.o $(PEER_HELPERS) \
                                   $(BUILD)/libcore.a
	$(SAY) LINK $@
	$(DO)$(LINK) -o $@ $^ $(PEER_LIBS) -lm

$(BUILD)/tests/bench/server/%: $(BUILD)/tests/bench/server/%.o
	$(SAY) LINK $@
	$(DO)$(LINK) -o $@ $^

.SECONDARY: $(sort $(PEERS:%=%.o) $(PEER_HELPERS) $(BENCH_SERVER:%=%.o))
-include $(sort $(PEERS:%=%.d) $(PEER_HELPERS:%.o=%.d) $(BENCH_SERVER:%=%.d))

# Tests of the core link the core alone.
$(BUILD)/tests/core/%: $(BUILD)/tests/core/%.o $(CORE_HELPERS) $(BUILD)/libcore.a
	$(SAY) LINK $@
	$(DO)$(LINK) -o $@ $^ -lcmocka -lm

$(BUILD)/tests/server/%: $(BUILD)/tests/server/%.o $(SERVER_HELPERS) $(BUILD)/libserver.a \
                         $(BUILD)/libcore.a
	$(SAY) LINK $@
	$(DO)$(LINK) -o $@ $^ -lcmocka $(LIBS)

# Programs that the tests from outside question: the core, the engine or the HTTP layer alone.
$(BUILD)/tests/outside/%: $(BUILD)/tests/outside/%.o $(BUILD)/libserver.a $(BUILD)/libcore.a
	$(SAY) LINK $@
	$(DO)$(LINK) -o $@ $^ $(LIBS)

# A fuzzer is two programs: a test that replays the inputs kept, and the search for others.
$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(FUZZ_HELPERS) $(BUILD)/libserver.a \
                       $(BUILD)/libcore.a
	$(SAY) LINK $@
	$(DO)$(LINK) -o $@ $^ -lcmocka $(LIBS)

$(BUILD)/tests/fuzz/%.search: $(BUILD)/tests/fuzz/%.o $(BUILD)/libserver.a $(BUILD)/libcore.a
	$(SAY) LINK $@
	$(DO)$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# Clients of `make load`; they know nothing of the server but its address and its database.
programs: $(LOADERS)
.SECONDARY: $(LOADERS:%=%.o)
-include $(LOADERS:%=%.d)
$(BUILD)/tests/load/%: $(BUILD)/tests/load/%.o
	$(SAY) LINK $@
	$(DO)$(LINK) -o $@ $^ -lsqlite3 -lpthread
