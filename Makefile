# rwe-analyze. `make demo` runs the main job, `make test` every test; both see to what they need
# first. `make help` lists the targets.

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
# OPT and SAN each build in a folder of their own, so that neither spoils another's objects. STRICT=1 only
# makes an error of each warning: the objects are the same, and so is the folder. Under SAN nothing is warned of:
# the build without it says the same.
OPT     ?= -O3
SAN     ?=
STRICT  ?=
comma   := ,
VARIANT := $(if $(SAN),san-$(subst $(comma),-,$(SAN)),release)$(filter-out -O3,$(OPT))
BUILD   ?= build/$(VARIANT)
OBJCOPY ?= objcopy

.PHONY: all
all: $(BUILD)/rwe-analyze $(BUILD)/librwe.so

# ---- what it needs -------------------------------------------------------------------------------

PACKAGES := gsl jansson yaml-0.1 uchardet nettle cairo cairo-pdf pangocairo libpng libzip expat

# Says what is missing and installs it; DEPS=skip leaves that to you.
.PHONY: deps
deps:
	@DEPS='$(DEPS)' sh tests/tools/install_deps.sh $(PACKAGES) cmocka

# ---- compiling -----------------------------------------------------------------------------------

# -ffp-contract=off: results must not depend on whether the machine has fused multiply-add.
PKG_CFLAGS  = $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS    = $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
CPPFLAGS   += -D_GNU_SOURCE -Iinclude -Ianalysis -Isrc/data -DRWE_VERSION='"$(VERSION)"' $(PKG_CFLAGS)
CFLAGS     += -std=gnu17 $(if $(SAN),-g1,-g) $(OPT) -fPIC -ffp-contract=off -fno-fast-math -pthread
LDLIBS     += $(PKG_LIBS) -lcsv -lreadstat -lm
LDFLAGS    += -pthread -Wl,--as-needed
ifneq ($(SAN),)
CFLAGS     += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS    += -fsanitize=$(SAN)
endif
WARNINGS   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
              -Wconversion -Wno-sign-conversion -Wno-format-nonliteral -Wcast-qual -Wwrite-strings
CFLAGS     += $(if $(SAN),-w,$(WARNINGS) $(if $(STRICT),-Werror))

LIB_SOURCES := $(sort $(wildcard $(addsuffix /*.c,src src/base src/data/* src/stats src/report analysis/*)))
CLI_SOURCES := $(sort $(wildcard src/cli/*.c src/simulator/*.c))
# Files that the library carries, as bytes of C (assets/embed.sh): the page's style and script, the built-in study.
EMBEDDED    := assets/page.css assets/page.js sample_data/nct07062484.yaml
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/embedded/catalogues.o $(EMBEDDED:%=$(BUILD)/embedded/%.o)
CLI_OBJECTS := $(CLI_SOURCES:%.c=$(BUILD)/%.o)

# V=1 shows the whole commands.
ifneq ($(V),1)
.SILENT:
SAY = @echo
else
SAY = @:
endif

$(BUILD)/%.o: %.c
	$(SAY) "  CC   $<"
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/embedded/%.c: % assets/embed.sh
	@mkdir -p $(@D)
	sh assets/embed.sh $< > $@.new
	mv $@.new $@

.PRECIOUS: $(BUILD)/embedded/%.c
$(BUILD)/embedded/%.o: $(BUILD)/embedded/%.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# The catalogues of all languages, po/*.po, as bytes of C.
CATALOGUES := $(sort $(wildcard po/*.po))
$(BUILD)/embedded/catalogues.c: $(CATALOGUES) tests/tools/embed_catalogues.sh
	@mkdir -p $(@D)
	sh tests/tools/embed_catalogues.sh $(CATALOGUES) > $@.new
	mv $@.new $@

$(BUILD)/librwe.a: $(LIB_OBJECTS)
	$(SAY) "  LINK $@"
	rm -f $@
	$(AR) rcs $@ $^

# The shared library shows what src/librwe.map names and hides the rest.
$(BUILD)/librwe.so: $(LIB_OBJECTS) src/librwe.map
	$(SAY) "  LINK $@"
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,librwe.so.0 -Wl,--version-script=src/librwe.map \
	    $(LIB_OBJECTS) $(LDLIBS) -o $@
	ln -sf librwe.so $@.0

# The static one for others: a single object, in which the rest is local too.
$(BUILD)/installed/librwe.a: $(LIB_OBJECTS)
	$(SAY) "  LINK $@"
	@mkdir -p $(@D)
	$(LD) -r $^ -o $(@:.a=.o)
	$(OBJCOPY) --wildcard --keep-global-symbol=rwe_version --keep-global-symbol='rwe_session_*' $(@:.a=.o)
	rm -f $@
	$(AR) rcs $@ $(@:.a=.o)

$(BUILD)/rwe-analyze: $(CLI_OBJECTS) $(BUILD)/librwe.a
	$(SAY) "  LINK $@"
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# ---- using it ------------------------------------------------------------------------------------

# The main job on the synthetic cohort, then on real patients. The dependencies come first, and only
# then is make asked what to build: before, pkg-config cannot answer.
.PHONY: demo
demo: deps
	@$(MAKE) --no-print-directory $(BUILD)/rwe-analyze
	@echo '$$ rwe-analyze sample_data/cohort.csv --ae sample_data/ae.csv --km --psm'
	@$(BUILD)/rwe-analyze sample_data/cohort.csv --ae sample_data/ae.csv --km --psm
	@echo
	@echo '$$ rwe-analyze sample_data/rotterdam.csv --study sample_data/rotterdam.yaml'
	@$(BUILD)/rwe-analyze sample_data/rotterdam.csv --study sample_data/rotterdam.yaml

.PHONY: install
install: all $(BUILD)/installed/librwe.a $(BUILD)/rwe.pc $(BUILD)/rwe-analyze.1 $(BUILD)/rwe-analyze.bash
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin lib/pkgconfig share/man/man1 \
	           include share/bash-completion/completions share/rwe-analyze)
	install -m 755 $(BUILD)/rwe-analyze $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(BUILD)/installed/librwe.a $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $(BUILD)/librwe.so $(DESTDIR)$(PREFIX)/lib/librwe.so.0
	ln -sf librwe.so.0 $(DESTDIR)$(PREFIX)/lib/librwe.so
	install -m 644 include/rwe.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 $(BUILD)/rwe.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/
	install -m 644 $(BUILD)/rwe-analyze.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 $(BUILD)/rwe-analyze.bash \
	               $(DESTDIR)$(PREFIX)/share/bash-completion/completions/rwe-analyze
	install -m 644 sample_data/nct07062484.yaml $(DESTDIR)$(PREFIX)/share/rwe-analyze/

# The package of Debian and Ubuntu, in build/.
.PHONY: deb
deb: all
	@sh tests/tools/make_deb.sh

.PHONY: $(BUILD)/rwe.pc
$(BUILD)/rwe.pc:
	@mkdir -p $(@D)
	printf '%s\n' 'prefix=$(PREFIX)' 'Name: rwe' \
	  'Description: survival, matching and safety analysis of treatment cohorts' \
	  'Version: $(VERSION)' 'Requires.private: $(PACKAGES)' 'Libs: -L$${prefix}/lib -lrwe' \
	  'Libs.private: -lcsv -lreadstat -lm -pthread' 'Cflags: -I$${prefix}/include' > $@

$(BUILD)/rwe-analyze.1: $(BUILD)/rwe-analyze
	$< --print man > $@

$(BUILD)/rwe-analyze.bash: $(BUILD)/rwe-analyze
	$< --print completion > $@

# ---- testing it ----------------------------------------------------------------------------------

# Each test is one program. What it tests is a shared library of the same objects that hides nothing, with the
# command line but not its main: a change of a source links that library anew and no test.
TESTS     := $(sort $(wildcard tests/unit/test_*.c tests/property/test_*.c tests/golden/test_*.c))
TEST_BINS := $(TESTS:%.c=$(BUILD)/%)
SUPPORT   := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/support/*.c)))
INTERNAL  := $(BUILD)/librwe-internal.so

$(INTERNAL): $(LIB_OBJECTS) $(filter-out %/main.o,$(CLI_OBJECTS))
	$(SAY) "  LINK $@"
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-Bsymbolic-functions $^ $(LDLIBS) -o $@

TEST_INCLUDES := -Itests/support -Isrc/cli
# Tests are many and compute little: they are compiled faster than what they test. Their arrays are watched as those of
# the code are; undefined behaviour is looked for in the code alone.
$(TEST_BINS): private CFLAGS += -O0 $(if $(SAN),-fno-sanitize=undefined)
# GLPK, against which a test solves matchings; it has no pkg-config file.
$(BUILD)/tests/property/test_match_flow_proof $(BUILD)/tests/property/test_match_optimal_proof: \
    TEST_LIBS := -lglpk
$(BUILD)/tests/%: tests/%.c $(SUPPORT) | $(INTERNAL)
	$(SAY) "  TEST $<"
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(TEST_INCLUDES) $(CFLAGS) -MMD -MP $(LDFLAGS) $< $(SUPPORT) $(INTERNAL) -Wl,-rpath,'$$ORIGIN/../..' \
	    $(LDLIBS) -lcmocka $(TEST_LIBS) -o $@

# The examples, as a user of the library builds them: against its one header and what it shows.
EXAMPLES := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard doc/examples/*.c)))
$(BUILD)/doc/examples/%: doc/examples/%.c include/rwe.h | $(BUILD)/librwe.so
	$(SAY) "  CC   $<"
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Iinclude $(LDFLAGS) $< $(BUILD)/librwe.so -Wl,-rpath,'$$ORIGIN/../..' -lm -o $@

# Every test, with strict warnings as errors; the last line counts them.
.PHONY: test
test: deps
	@$(MAKE) --no-print-directory STRICT=1 test-built

.PHONY: test-built tests-built
tests-built: $(TEST_BINS) $(EXAMPLES) $(BUILD)/librwe.so $(BUILD)/rwe-analyze
test-built: tests-built
	@sh tests/tools/run_tests.sh $(BUILD) $(TEST_BINS)

# What tests keep of the program's output, written anew: look at the difference.
KEPT := golden/test_golden unit/test_draw_plot unit/test_draw_forest unit/test_draw_dots unit/test_draw_butterfly
.PHONY: goldens
goldens: $(KEPT:%=$(BUILD)/tests/%)
	for each in $^; do RWE_GOLDEN_UPDATE=1 $$each > /dev/null 2>&1 || echo "failed: $$each"; done
	git status --short tests/golden tests/unit/drawn

# Threads: what uses them, under ThreadSanitizer.
.PHONY: check-tsan
check-tsan:
	@$(MAKE) --no-print-directory SAN=thread OPT=-O1 check-threads

.PHONY: check-threads
check-threads: $(BUILD)/tests/property/test_threads $(BUILD)/rwe-analyze
	$(BUILD)/tests/property/test_threads
	$(BUILD)/rwe-analyze sample_data/cohort.csv --ae sample_data/ae.csv --km --psm --threads 5 > /dev/null

# What R gives on open cohorts; what went wrong once, or must not. Both need python3.
.PHONY: check-facts check-cases
check-facts: $(BUILD)/rwe-analyze
	python3 tests/facts/check.py $<

check-cases: $(BUILD)/rwe-analyze
	python3 tests/cases/run $<

# The readers under sanitizers, on seeds cut short at every place (SAN=address,undefined OPT=-O1).
.PHONY: check-damage
check-damage: $(BUILD)/tests/fuzz/fuzz_table $(BUILD)/tests/fuzz/fuzz_formats
	sh tests/fuzz/make_seeds.sh $(BUILD)/fuzz/seeds
	$< $(BUILD)/fuzz/seeds/*
	mkdir -p $(BUILD)/fuzz/formats
	$(BUILD)/tests/fuzz/fuzz_formats --seeds $(BUILD)/fuzz/formats
	$(BUILD)/tests/fuzz/fuzz_formats $(BUILD)/fuzz/formats/*

# The same bytes without optimisation; no byte read that was not written, none lost.
UNOPTIMISED := build/release-O0/rwe-analyze
.PHONY: unoptimised check-bytes check-valgrind
unoptimised:
	@$(MAKE) --no-print-directory OPT=-O0 $(UNOPTIMISED)

check-bytes: $(BUILD)/rwe-analyze unoptimised
	sh tests/tools/check_bytes.sh $< $(UNOPTIMISED)

check-valgrind: unoptimised
	valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite $(UNOPTIMISED) \
	    sample_data/cohort.csv --ae sample_data/ae.csv --km --psm --quiet --output build/release-O0/valgrind.txt

# What was installed, used as a packager's user does; every output that a document shows.
.PHONY: check-install check-documents
check-install: all
	sh tests/tools/check_install.sh

check-documents: all
	sh tests/tools/update_readme.sh --check

# Known truth by simulation: coverage of limits, type-I error of tests, methods under immortal time (a minute, not part of test).
SIMULATIONS := $(addprefix $(BUILD)/tests/simulation/, coverage designs immortal strategies)
.PHONY: check-coverage simulations-built
simulations-built: $(SIMULATIONS)
check-coverage: $(SIMULATIONS)
	for each in $^; do $$each || echo "stopped: $$each"; done | \
	    awk '{ print } /^[0-9]+ passed, [0-9]+ failed$$/ { passed += $$1; failed += $$3; ended++ } \
	         END { print passed " passed, " failed " failed"; exit failed > 0 || ended < $(words $(SIMULATIONS)) }'

# The report in headless Chromium (apt: chromium, nodejs, npm; CHROMIUM names another); the last line counts.
BROWSER := tests/browser
$(BROWSER)/node_modules: $(BROWSER)/package-lock.json
	npm ci --prefix $(BROWSER) --no-audit --no-fund
	touch $@

.PHONY: check-browser
check-browser: $(BUILD)/rwe-analyze $(BROWSER)/node_modules
	node $(BROWSER)/check.mjs $<

# The pictures of the README.
.PHONY: pictures
pictures: $(BUILD)/rwe-analyze $(BROWSER)/node_modules
	node $(BROWSER)/pictures.mjs $< sample_data/pictures

.PHONY: tidy
tidy:
	clang-tidy --quiet $(LIB_SOURCES) $(CLI_SOURCES) -- $(CPPFLAGS) -std=gnu17

.PHONY: format check-format
format:
	clang-format -i $$(git ls-files '*.c' '*.h')
check-format:
	clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')

# Includes only point down; few files call each other in a circle; no file names a place outside the project; every
# text of the code is translated once.
.PHONY: check-layers check-circles check-paths check-catalogues
check-layers:
	sh tests/tools/check_layers.sh

check-circles: $(LIB_OBJECTS) $(CLI_OBJECTS)
	python3 tests/tools/check_circles.py 5 $^

check-paths:
	sh tests/tools/check_paths.sh

check-catalogues:
	sh tests/tools/catalogues.sh check

# ---- measuring it --------------------------------------------------------------------------------

BENCHES := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/bench/bench_*.c)))

.PHONY: bench
bench: $(BENCHES) $(BUILD)/rwe-analyze
	sh tests/bench/run.sh $(BUILD) $(PART)

.PHONY: clean help
clean:
	rm -rf build

help:
	@printf '%s\n' \
	  'make            the program and the libraries, in build/release' \
	  'make demo       installs what is needed, builds, runs the main job on sample_data' \
	  'make test       installs what is needed, builds, runs every test' \
	  'make deps       only installs what is needed (DEPS=skip: nothing is ever installed)' \
	  'make install    PREFIX=/usr/local, DESTDIR=; make deb: the package of Debian and Ubuntu, in build/' \
	  'make SAN=address,undefined test     tests under sanitizers' \
	  'make check-tsan tests of threads under ThreadSanitizer' \
	  'make check-facts  the facts of R on open cohorts; make check-cases: what went wrong once (tests/cases)' \
  'make goldens    what tests keep of the output, written anew; then look at git diff' \
  'make check-coverage  coverage of limits and type-I error by simulation' \
	  'make check-browser  the report in headless Chromium; make pictures: those of the README' \
	  'make tidy       clang-tidy; make format, make check-format' \
  'make check-layers  includes point down; make check-circles: by calls; make check-paths, check-catalogues' \
	  'make bench      benchmarks, with ratios to R where R is installed; PART=survival: those alone'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
