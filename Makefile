# make | make demo | make check | make lint | make bench | make FLAVOR=asan check | make install
# README.md says what each is for; every rule below is one line of it.
VERSION := $(shell cat VERSION)
CC      ?= cc
FLAVOR  ?= release
BUILD   ?= build
OUT     := $(BUILD)$(if $(filter-out release,$(FLAVOR)),/$(FLAVOR))

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(PREFIX)/share/man

FLAGS_release := -O2 -g
FLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS_tsan    := -O1 -g -fsanitize=thread
FLAGS_cover   := -O0 -g --coverage
FLAGS_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
# One line per instruction set level: the folder under lib/kernel picks it.
ISA_avx2   := -mavx2 -mfma -mf16c
ISA_avx512 := $(ISA_avx2) -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni

WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wconversion -Wno-sign-conversion -Werror
CFLAGS   ?=
ALLFLAGS := -std=c11 -ffp-contract=off -fno-math-errno $(WARN) $(FLAGS_$(FLAVOR)) $(CFLAGS)
CPPFLAGS := -D_POSIX_C_SOURCE=200809L -Ilib -MMD -MP
LDLIBS   := -lutf8proc -ljq -lcrypto -lm -pthread

LIB_C   := $(wildcard lib/*/*.c lib/*/*/*.c)
LIB_O   := $(LIB_C:%.c=$(OUT)/%.o)
TOOLS_C := $(patsubst tools/%.c,$(OUT)/bin/%,$(wildcard tools/*.c))
UNIT    := $(patsubst tests/unit/%.c,$(OUT)/tests/unit/%,$(wildcard tests/unit/test_*.c))

all: $(TOOLS_C)

$(OUT)/lib.a: $(LIB_O)
	@rm -f $@ && ar rcs $@ $^

$(OUT)/bin/%: $(OUT)/tools/%.o $(OUT)/lib.a
	@mkdir -p $(@D)
	$(CC) $(ALLFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(LDLIBS)

$(OUT)/tests/unit/%: $(OUT)/tests/unit/%.o $(OUT)/lib.a
	$(CC) $(ALLFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(LDLIBS)

$(OUT)/tests/kernel/check: $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/kernel/*.c)) $(OUT)/lib.a
	$(CC) $(ALLFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(LDLIBS)

$(OUT)/tests/bench/%: $(OUT)/tests/bench/%.o $(OUT)/lib.a
	$(CC) $(ALLFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(LDLIBS)

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALLFLAGS) $(ISA_$(notdir $(*D))) -c -o $@ $<

clean:
	rm -rf $(BUILD)

.PHONY: all clean
.SECONDARY:
-include $(shell find $(OUT) -name "*.d" 2>/dev/null)
