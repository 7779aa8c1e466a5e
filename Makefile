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
PROBES         := $(call programs,tests/outside/*.c)

PAGE  := $(wildcard $(addprefix static/*.,html css js svg png ico))
CHART := $(addprefix static/node_modules/uplot/dist/uPlot.,esm.js min.css)
# path=file for each: "/" is the index, "/NAME" another file of static/, "/uplot/NAME" the chart.
ASSETS = $(patsubst /index.html=%,/=%,$(foreach f,$(PAGE),/$(notdir $f)=$f) \
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

## check: the C tests alone
check:
	@.ci/install check
	$(AGAIN) programs
	@tests/run $(BUILD) core server

## bench: time the training core and the engine
bench:
	@.ci/install check
	$(AGAIN) $(BENCHES)
	@for bench in $(BENCHES); do \
	    rm -rf $(BUILD)/bench && mkdir $(BUILD)/bench && $$bench $(BUILD)/bench || exit 1; done

## bits: compare the core's numbers between compilers and options
bits:
	@tests/bits/compare $(BUILD)/bits

## clean: remove what was built (with SANITIZE=...: of that variant)
clean:
	@if [ -e $(BUILD)/compile.flags ]; then rm -rf $(BUILD); fi

## help: this list
help:
	@sed -n 's/^## //p' Makefile
	@echo
	@echo 'With SANITIZE=address,undefined or SANITIZE=thread: the same, checked while it runs,'
	@echo 'in a build directory of its own. BUILD=DIR: build there. V=1: show the commands.'

programs: $(CORE_TESTS) $(SERVER_TESTS) $(PROBES)

.PHONY: all run test check bench bits clean help programs FORCE
.SECONDARY: $(CORE_HELPERS) $(SERVER_HELPERS) $(BENCH_HELPERS) \
            $(addsuffix .o,$(CORE_TESTS) $(SERVER_TESTS) $(PROBES) $(BENCHES))
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
$(BUILD)/server/spec/presets.o: server/spec/presets.json

-include $(patsubst %.o,%.d,$(CORE_OBJECTS) $(SERVER_OBJECTS) $(CORE_HELPERS) $(SERVER_HELPERS) \
           $(BENCH_HELPERS) $(BUILD)/server/main.o $(addsuffix .o,$(CORE_TESTS) $(SERVER_TESTS) $(BENCHES) \
           $(PROBES)))

# --- the page, compiled in --------------------------------------------------------------------

static/node_modules/.lock.json: static/package-lock.json
	@.ci/install page

$(CHART): static/node_modules/.lock.json ;

$(BUILD)/assets.list: FORCE
	$(call remember,$(ASSETS))

$(BUILD)/assets.c: server/http/embed.sh $(BUILD)/assets.list $(PAGE) $(CHART)
	$(SAY) EMBED $@
	$(DO)server/http/embed.sh $(BUILD) $(ASSETS)

$(BUILD)/assets.o: $(BUILD)/assets.c $(BUILD)/compile.flags
	$(SAY) CC $<
	$(DO)$(COMPILE) -MMD -MP -c $< -o $@

# --- libraries and programs -------------------------------------------------------------------

# Lists of objects are remembered too: a source that is gone must leave the library.
$(BUILD)/libcore.list: FORCE
	$(call remember,$(CORE_OBJECTS))

$(BUILD)/libserver.list: FORCE
	$(call remember,$(SERVER_OBJECTS))

$(BUILD)/lib%.a: $(BUILD)/lib%.list
	@rm -f $@
	$(SAY) AR $@
	$(DO)ar rcs $@ $(filter %.o,$^)

$(BUILD)/libcore.a: $(CORE_OBJECTS)
$(BUILD)/libserver.a: $(SERVER_OBJECTS)

$(BUILD)/descent: $(BUILD)/server/main.o $(BUILD)/libserver.a $(BUILD)/libcore.a
	$(SAY) LINK $@
	$(DO)$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BENCH_HELPERS) $(BUILD)/libcore.a
	$(SAY) LINK $@
	$(DO)$(LINK) -o $@ $^ -lm

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
