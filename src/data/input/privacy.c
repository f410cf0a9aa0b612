/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who the patients are must not be in the file: headers and cells that name people. */
#include "rwe/data/validate.h"

#include "identity_private.h"
#include "rwe/base/language.h"
#include "table_private.h"

/* ---- headers ---- */

/* Anywhere in a header. */
static const char *const chinese[] = {
    "姓名",       "身份证", "住院号",   "电话",   "手机",   "住址",     "地址",
    "病案号",     "病历号", "门诊号",   "登记号", "证件号", "联系方式", "出生日期",
    "出生年月日", "医保号", "医保卡",   "社保号", "社保卡", "就诊卡",   "护照",
    "微信",       "邮箱",   "电子邮件", "联系人", "患者名", "病人名",
};

/* A word of a header: "telephone" of telephone_1, "mrn" of PatientMRN. */
static const char *const words[] = {
    "mrn",      "dob",          "ssn",       "email",      "phone",     "telephone", "passport",
    "surname",  "fax",          "wechat",    "address",    "lastname",  "firstname", "fullname",
    "xingming", "shenfenzheng", "shoujihao", "zhuyuanhao", "binganhao", "birthdate", "birthday",
    "brthdtc",  "brthdt",       "street",    "maidenname", "cellphone",
};

/* The whole header, its letters and digits in lower case. */
static const char *const wholes[] = {
    "name",
    "tel",
    "mobile",
    "mobilephone",
    "mobileno",
    "mobilenumber",
    "dateofbirth",
    "birthdt",
    "idcard",
    "idcardno",
    "idcardnumber",
    "identityno",
    "identitynumber",
    "nationalid",
    "socialsecurity",
    "socialsecuritynumber",
    "socialsecurityno",
    "medicalrecordnumber",
    "medicalrecordno",
    "medicalrecord",
    "hospitalno",
    "hospitalnumber",
    "inpatientno",
    "inpatientnumber",
    "outpatientno",
    "nhsnumber",
    "nhsno",
    "insurancenumber",
    "insuranceno",
    "chartno",
    "chartnumber",
    "qq",
    "mail",
    "姓",
    "名",
    "名字",
    "生日",
};

/* A name is that of a person where one of these stands beside it: last_name, but not drug_name. */
static const char *const persons[] = {
    "first",   "last",     "full",    "given",       "family",  "middle", "maiden",
    "patient", "patients", "subject", "participant", "person",  "sur",    "mother",
    "father",  "contact",  "kin",     "spouse",      "proband",
};

/* A header taken apart: its words in lower case, and all of them in one. */
struct header {
    char word[16][32];
    size_t n;
    char whole[128];
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Words end at what is no letter, and where a capital follows a small letter. */
static void take_apart(const char *name, struct header *header)
{
    size_t whole = 0, at = 0;
    *header = (struct header){.n = 0};
    for (const char *c = name; *c != '\0'; c++) {
        bool letter = is_letter(*c);
        bool begins = letter && c > name && *c >= 'A' && *c <= 'Z' && c[-1] >= 'a' && c[-1] <= 'z';
        if (at > 0 && (!letter || begins)) {
            header->n += header->n + 1 < sizeof header->word / sizeof header->word[0];
            at = 0;
        }
        if (letter && at + 1 < sizeof header->word[0])
            header->word[header->n][at++] = lower(*c);
        if ((letter || (*c >= '0' && *c <= '9')) && whole + 1 < sizeof header->whole)
            header->whole[whole++] = lower(*c);
        header->word[header->n][at] = '\0';
    }
    header->n += at > 0;
}

static bool is_among(const char *text, const char *const list[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}
#define IS_AMONG(text, list) is_among((text), (list), sizeof(list) / sizeof((list)[0]))

static bool header_names_people(const char *name)
{
    struct header header;
    bool has_name = false, has_person = false, has_birth = false, has_date = false;
    for (size_t h = 0; h < sizeof chinese / sizeof chinese[0]; h++)
        if (strstr(name, chinese[h]) != NULL)
            return true;
    take_apart(name, &header);
    if (IS_AMONG(header.whole, wholes) || IS_AMONG(header.whole, words))
        return true;
    for (size_t w = 0; w < header.n; w++) {
        const char *word = header.word[w];
        if (IS_AMONG(word, words))
            return true;
        has_name = has_name || strcmp(word, "name") == 0 || strcmp(word, "names") == 0;
        has_person = has_person || IS_AMONG(word, persons);
        has_birth = has_birth || strcmp(word, "birth") == 0;
        has_date = has_date || strcmp(word, "date") == 0 || strcmp(word, "day") == 0;
    }
    return (has_name && has_person) || (has_birth && has_date);
}

/* What a column is called in words, as by a second header or a statistics file: a sentence may hold any word, so the
 * whole of it counts, or what stands in no other. */
static bool label_names_people(const char *label)
{
    struct header header;
    if (label == NULL)
        return false;
    for (size_t h = 0; h < sizeof chinese / sizeof chinese[0]; h++)
        if (strstr(label, chinese[h]) != NULL)
            return true;
    take_apart(label, &header);
    return IS_AMONG(header.whole, wholes) || IS_AMONG(header.whole, words);
}

/* ---- cells ---- */

/* What in the cells names people, or NULL. */
static const char *cells_name_people(const struct rwe_table *table, size_t column)
{
    static const double SHORTEST = 1e10, LONGEST = 1e18; /* numbers that have 11 to 18 digits */
    struct rwe_cells cells = rwe_cells_of(table, column);
    const char *what = NULL;
    for (size_t i = 0; i < table->n_rows && what == NULL && cells.kind != RWE_KIND_DATE; i++) {
        size_t length;
        const char *cell = "";
        if (cells.kind == RWE_KIND_TEXT) {
            cell = rwe_cells_next_text(&cells, &length);
        } else {
            double number = rwe_cells_next_number(&cells);
            if (!(number >= SHORTEST && number < LONGEST))
                continue;
            rwe_cell_write(cells.kind, number, cells.text);
            cell = cells.text;
            length = strlen(cell);
        }
        what = rwe_identity_in(cell, length);
    }
    return what;
}

/* ---- the table ---- */

/* What each column that names people is told as; all are told at once. */
static const char *tell(const struct rwe_table *table, struct rwe_arena *arena)
{
    struct rwe_strings told = {RWE_NEW(arena, const char *, table->n_columns), 0};
    for (size_t j = 0; told.item != NULL && j < table->n_columns; j++) {
        const char *name = table->column[j].info->name;
        bool by_header =
            header_names_people(name) || label_names_people(table->column[j].info->label);
        const char *what = by_header ? NULL : cells_name_people(table, j);
        if (by_header)
            told.item[told.n++] =
                rwe_arena_format(arena, rwe_message("column \"%s\" names people"), name);
        else if (what != NULL)
            told.item[told.n++] = rwe_arena_format(arena, rwe_message("column \"%s\" holds %s"),
                                                   name, rwe_message(what));
    }
    return rwe_arena_failed(arena) ? NULL : rwe_text_join(arena, told, "; ");
}

enum rwe_status rwe_privacy_check(const struct rwe_table *table, struct rwe_error *error)
{
    struct rwe_arena *arena = rwe_arena_new();
    const char *told = arena == NULL ? NULL : tell(table, arena);
    enum rwe_status status = RWE_OK;
    if (told == NULL)
        status = rwe_fail_memory(error);
    else if (*told != '\0')
        status = rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                          "%s: %s. Take it out of the file, or put a pseudonym in its place (a "
                          "number of your own, or a salted hash) and keep the key at the hospital; "
                          "with --allow-identifiers the file is read as it is",
                          table->file, told);
    rwe_arena_free(arena);
    return status;
}
