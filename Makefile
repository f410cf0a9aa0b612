# rwe-analyze: `make demo` runs the main job, `make test` every test; both see to their dependencies.
# `make help` lists the targets.

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
OPT     ?= -O3
SAN     ?=
STRICT  ?=
BUILD   ?= build/$(if $(SAN),san-$(subst $(comma),-,$(SAN)),$(if $(filter-out -O3,$(OPT)),opt$(OPT),$(if $(STRICT),strict,release)))
comma   := ,

PACKAGES := gsl jansson libcyaml uchardet libcrypto
export PKG_CONFIG_PATH

# -ffp-contract=off: the same bits on every machine; the product's results depend on it.
CPPFLAGS += -D_GNU_SOURCE -Iinclude -DRWE_VERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
CFLAGS   += -std=gnu17 -g $(OPT) -fPIC -ffp-contract=off -fno-fast-math -pthread -Wall -Wextra
LDLIBS   += $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lcsv -lm
LDFLAGS  += -pthread
ifneq ($(SAN),)
CFLAGS   += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=$(SAN)
endif
ifneq ($(STRICT),)
CFLAGS   += -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wconversion -Wno-sign-conversion -Wno-format-nonliteral -Wcast-qual -Wwrite-strings
endif

LIB_SOURCES := $(sort $(wildcard src/base/*.c src/data/*.c src/stats/*.c src/report/*.c analysis/*.c))
CLI_SOURCES := $(sort $(wildcard src/cli/*.c))
UNIT_TESTS  := $(sort $(wildcard tests/unit/test_*.c tests/property/test_*.c))
SUPPORT     := $(sort $(wildcard tests/support/*.c))

LIB_OBJECTS  := $(LIB_SOURCES:%.c=$(BUILD)/%.o)
CLI_OBJECTS  := $(CLI_SOURCES:%.c=$(BUILD)/%.o)
TEST_BINS    := $(UNIT_TESTS:tests/%.c=$(BUILD)/tests/%)
SUPPORT_OBJ  := $(SUPPORT:%.c=$(BUILD)/%.o)

.PHONY: all
all: $(BUILD)/rwe-analyze $(BUILD)/librwe.so

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/librwe.a: $(LIB_OBJECTS)
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/tests/%: tests/%.c $(SUPPORT_OBJ) $(BUILD)/librwe.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/support $(CFLAGS) -MMD -MP $(LDFLAGS) $< $(SUPPORT_OBJ) $(BUILD)/librwe.a $(LDLIBS) -lcmocka -o $@

-include $(shell find build -name '*.d' 2>/dev/null)

# The built-in study is the one that users copy: sample_data/nct07062484.yaml, as bytes of C.
$(BUILD)/builtin_study.c: sample_data/nct07062484.yaml
	@mkdir -p $(@D)
	{ echo '#include <stddef.h>'; echo 'extern const char rwe_builtin_study[];'; \
	  echo 'extern const size_t rwe_builtin_study_size;'; echo 'const char rwe_builtin_study[] = {'; \
	  od -An -v -tu1 $< | sed 's/  *\([0-9][0-9]*\)/(char)\1,/g'; echo '0};'; \
	  echo 'const size_t rwe_builtin_study_size = sizeof rwe_builtin_study - 1;'; } > $@.new
	mv $@.new $@

$(BUILD)/builtin_study.o: $(BUILD)/builtin_study.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(BUILD)/rwe-analyze: $(CLI_OBJECTS) $(BUILD)/builtin_study.o $(BUILD)/librwe.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(BUILD)/librwe.so: $(LIB_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,librwe.so.0 $^ $(LDLIBS) -o $@
