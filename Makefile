#  make              build everything: programs in build/bin
#  make demo         install what is missing, build, get the model, label the sample logs
#  make check        install what is missing, then every test and lint, in some minutes
#  make check-all    the same under asan, tsan and clang, and on each instruction set level
#  make lint         the lints alone;  make test: the tests alone;  make fault: all faults
#  make bench        ours against the peers that are installed;  make cover: lines that tests reach
#  make fuzz         each fuzz target for FUZZ_SECONDS (60);  make golden: remake the references
#  make install      to PREFIX (/usr/local), under DESTDIR;  make uninstall;  make clean
# FLAVOR=release|asan|tsan|cover|fuzz and CC=gcc|clang pick the build, BUILD=DIR its folder.
VERSION := $(shell cat VERSION)
CC      ?= cc
FLAVOR  ?= release
BUILD   ?= build
OUT     := $(BUILD)$(if $(filter-out release,$(FLAVOR)),/$(FLAVOR))
JOBS    ?= $(shell nproc)
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(PREFIX)/share/man
export TEXTMILL_MODELS ?= $(HOME)/.local/share/textmill/models

ifeq ($(filter release asan tsan cover fuzz,$(FLAVOR)),)
$(error FLAVOR=$(FLAVOR) is none of: release asan tsan cover fuzz)
endif
override CC := $(if $(filter fuzz,$(FLAVOR)),clang,$(CC))

SAN           := -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS_release := -O2 -g
FLAGS_asan    := -O1 -g -fsanitize=address,undefined $(SAN)
FLAGS_tsan    := -O1 -g -fsanitize=thread
FLAGS_cover   := -O0 -g --coverage
FLAGS_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined $(SAN)
# One line per instruction set level: the folder under lib/kernel picks it.
ISA_avx2    := -mavx2 -mfma -mf16c
ISA_avxvnni := $(ISA_avx2)
ISA_avx512  := $(ISA_avx2) -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni
ISA_amx     := $(ISA_avx512) -mamx-tile -mamx-int8
FOREIGN     := $(if $(filter x86_64,$(shell uname -m)),,lib/kernel/avx% lib/kernel/amx/%)

WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wconversion -Wno-sign-conversion -Werror
CFLAGS   ?=
ALLFLAGS  = -std=c11 -ffp-contract=off -fno-math-errno $(WARN) $(FLAGS_$(FLAVOR)) $(CFLAGS)
CPPFLAGS := -D_POSIX_C_SOURCE=200809L -Ilib -isystem /usr/include/libxml2 -MMD -MP
LDLIBS   := -lopenblas -ljq -lcrypto -lxxhash -larchive -lz -lxml2 -lm -pthread
LINK      = $(CC) $(ALLFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) -Wl,--as-needed $(LDLIBS)

# Everything is picked up by its place: no list of files is kept anywhere.
LIB_C  := $(filter-out $(FOREIGN),$(wildcard lib/*/*.c lib/*/*/*.c))
LIB_O  := $(LIB_C:%.c=$(OUT)/%.o)
BIN    := $(patsubst tools/%,$(OUT)/bin/%,$(basename $(wildcard tools/*.c tools/*.sh)))
UNIT   := $(patsubst %.c,$(OUT)/%,$(wildcard tests/unit/test_*.c))
UNIT_O := $(patsubst %.c,$(OUT)/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
KERN_O := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/kernel/*.c) $(if $(FOREIGN),,$(wildcard tests/kernel/avx512/*.c)))
KERN   := $(if $(KERN_O),$(OUT)/tests/kernel/check)
FUZZ   := $(patsubst %.c,$(OUT)/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH  := $(patsubst %.c,$(OUT)/%,$(wildcard tests/bench/*.c))
MODELS := $(patsubst %,$(OUT)/%,models/catalogue.tsv $(wildcard models/*.head))
MAN    := $(wildcard man/*.[157])
PAGES  := $(foreach m,$(MAN),$(OUT)/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))
LINT   := $(sort $(wildcard tests/lint/*.sh tests/lint/selftest/*.bats))
# The long ones first, so that no processor waits for them at the end.
TESTS  := $(wildcard tests/pipelines/*.bats tests/fault/*.bats tests/tools/*.bats) $(KERN) $(UNIT) $(FUZZ)
PROVE   = PATH="$(abspath $(OUT))/bin:$$PATH" TEXTMILL_OUT="$(OUT)" CC="$(CC)" \
          XDG_CACHE_HOME="$(abspath $(OUT))/cache" prove -j$(JOBS) -e tests/tap

all: $(BIN) $(PAGES) $(MODELS)

$(OUT)/lib.a: $(LIB_O)
	@rm -f $@ && ar rcs $@ $^

$(OUT)/bin/%: $(OUT)/tools/%.o $(OUT)/lib.a
	@mkdir -p $(@D)
	$(LINK)

# Scripts learn where their neighbours are, relative to themselves (install does it again).
$(OUT)/bin/%: tools/%.sh VERSION
	@mkdir -p $(@D)
	sed -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBEXEC@|.|' -e 's|@MAN@|../man|' $< >$@.tmp
	@chmod 755 $@.tmp && mv $@.tmp $@

$(OUT)/models/%: models/%
	@mkdir -p $(@D) && cp $< $@

define PAGE
$(OUT)/man/man$(subst .,,$(suffix $(1)))/$(notdir $(1)): $(1)
	@mkdir -p $$(@D) && cp $$< $$@
endef
$(foreach m,$(MAN),$(eval $(call PAGE,$(m))))

$(UNIT): $(OUT)/%: $(OUT)/%.o $(UNIT_O) $(OUT)/lib.a
	$(LINK)

$(OUT)/tests/kernel/check: $(KERN_O) $(OUT)/lib.a
	$(LINK)

$(BENCH): $(OUT)/%: $(OUT)/%.o $(OUT)/lib.a
	$(LINK)

# Under fuzz the driver is libFuzzer; elsewhere replay.c runs the corpus as a test.
$(FUZZ): LDFLAGS += $(if $(filter fuzz,$(FLAVOR)),-fsanitize=fuzzer)
$(FUZZ): $(OUT)/%: $(OUT)/%.o $(if $(filter-out fuzz,$(FLAVOR)),$(OUT)/tests/fuzz/replay.o) $(OUT)/lib.a
	$(LINK)

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALLFLAGS) $(ISA_$(notdir $(*D))) -c -o $@ $<

$(OUT)/lib/cli/%.o: CPPFLAGS += -DTEXTMILL_VERSION='"$(VERSION)"'

# The flags that the objects were made with: a change of them remakes the objects.
# Goals that set the machine up do so before the first file is compiled.
FLAGS_NOW := $(subst ','\'',$(CC) $(ALLFLAGS) $(ISA_amx) $(CPPFLAGS) $(VERSION))
$(OUT)/flags: FORCE | $(if $(filter demo check check-all,$(MAKECMDGOALS)),deps)
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' >$@

deps:
	@.ci/deps $(if $(filter demo,$(MAKECMDGOALS)),build,$(DEPS))

test: all $(OUT)/lib.a $(UNIT) $(KERN) $(FUZZ) $(BENCH)
	@$(PROVE) $(TESTS)

# Without a network the tests that need the model say so and are skipped.
check: deps all $(OUT)/lib.a $(UNIT) $(KERN) $(FUZZ) $(BENCH)
	@$(OUT)/bin/pull -q minilm lid176 smollm2 || echo "make: no models, their tests will be skipped"
	@$(PROVE) $(TESTS) $(if $(filter release,$(FLAVOR)),$(LINT))

check-all: DEPS := all
check-all: check
	$(MAKE) --no-print-directory FLAVOR=asan test
	$(MAKE) --no-print-directory FLAVOR=tsan test
	$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/clang test
	TEXTMILL_ISA=ref $(MAKE) --no-print-directory test
	TEXTMILL_ISA=avx2 $(MAKE) --no-print-directory test

lint fault: all $(OUT)/lib.a $(BENCH)
	@FAULT=$(filter fault,$@) $(PROVE) $(if $(filter lint,$@),$(LINT),$(wildcard tests/fault/*.bats))

demo: deps all
	@$(OUT)/bin/pull minilm
	@PATH="$(abspath $(OUT))/bin:$$PATH" OUT=$(OUT)/labels.jsonl pipelines/log-labels.sh
	@echo; echo "One line in 150 (all of them are in $(OUT)/labels.jsonl):"
	@awk 'NR % 150 == 75' $(OUT)/labels.jsonl | jq -r '"\(.label)\t\(.text)"' | \
	    expand -t 20 | cut -c 1-100

bench: all $(BENCH)
	PATH="$(abspath $(OUT))/bin:$$PATH" tests/bench/run $(OUT)

fuzz:
	$(MAKE) --no-print-directory FLAVOR=fuzz fuzz-run
fuzz-run: $(FUZZ)
	@tests/fuzz/run $(OUT) $(notdir $(FUZZ))

cover:
	$(MAKE) --no-print-directory FLAVOR=cover cover-run
cover-run: test
	@find $(OUT)/lib -name '*.gcda' | xargs gcov -n -r 2>/dev/null | awk -f tests/cover.awk

golden: all
	tests/golden/run $(OUT)

install: all
	@$(MAKE) --no-print-directory install-files

# Alone for the tests, which must not build anything beside each other.
install-files:
	mkdir -p "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(LIBEXECDIR)/textmill" \
	    "$(DESTDIR)$(DATADIR)/textmill" "$(DESTDIR)$(MANDIR)"
	install -m 755 $(filter-out %/textmill,$(BIN)) "$(DESTDIR)$(LIBEXECDIR)/textmill"
	sed -e 's|@VERSION@|$(VERSION)|' \
	    -e "s|@LIBEXEC@|$$(realpath -sm --relative-to="$(BINDIR)" "$(LIBEXECDIR)/textmill")|" \
	    -e "s|@MAN@|$$(realpath -sm --relative-to="$(BINDIR)" "$(MANDIR)")|" \
	    tools/textmill.sh >"$(DESTDIR)$(BINDIR)/textmill"
	chmod 755 "$(DESTDIR)$(BINDIR)/textmill"
	cp -R models/. "$(DESTDIR)$(DATADIR)/textmill"
	cp -R $(OUT)/man/. "$(DESTDIR)$(MANDIR)"

uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/textmill"
	rm -rf "$(DESTDIR)$(LIBEXECDIR)/textmill" "$(DESTDIR)$(DATADIR)/textmill"
	cd "$(DESTDIR)$(MANDIR)" && rm -f $(foreach p,$(PAGES),$(p:$(OUT)/man/%=%))

clean:
	rm -rf $(BUILD)

help:
	@sed -n 's/^#  make/make/p' Makefile

FORCE:
.PHONY: all check check-all clean cover cover-run demo deps fault fuzz fuzz-run golden help \
        install install-files lint bench test uninstall FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(OUT)/lib $(OUT)/tools $(OUT)/tests -name '*.d' 2>/dev/null)
