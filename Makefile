# Descent: build, run, test. `make help` lists the targets.
BUILD    ?= build
CC       ?= gcc
SANITIZE ?=
CFLAGS   ?= -O2 -g
PACKAGES  = libmicrohttpd jansson sqlite3

STRICT    = -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Werror=implicit -ffp-contract=off -fno-math-errno
HARDEN    = -fstack-protector-strong -fPIE
ALL_CFLAGS = $(STRICT) $(HARDEN) $(CFLAGS) -I. -I$(BUILD) -MMD -MP
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)
ifneq ($(SANITIZE),)
ALL_CFLAGS  += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer
ALL_LDFLAGS += -fsanitize=$(SANITIZE)
endif
LIBS      = $(shell pkg-config --libs $(PACKAGES)) -lpthread -lm

CORE_OBJECTS   = $(patsubst %.c,$(BUILD)/%.o,$(wildcard core/*/*.c))
SERVER_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard server/*/*.c))
CORE_TESTS     = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/core/test_*.c))
SERVER_TESTS   = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/server/test_*.c))

all: $(BUILD)/descent

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/libcore.a: $(CORE_OBJECTS)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/libserver.a: $(SERVER_OBJECTS)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/descent: $(BUILD)/server/main.o $(BUILD)/assets.o $(BUILD)/libserver.a $(BUILD)/libcore.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Tests of the core link the core alone.
$(BUILD)/tests/core/%: $(BUILD)/tests/core/%.o $(BUILD)/libcore.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka -lm

$(BUILD)/tests/server/%: $(BUILD)/tests/server/%.o $(BUILD)/libserver.a $(BUILD)/libcore.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

check: $(CORE_TESTS) $(SERVER_TESTS)
	@for t in $^; do $$t || exit 1; done

clean:
	rm -rf $(BUILD)

.PHONY: all check clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
