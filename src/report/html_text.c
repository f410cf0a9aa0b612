/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "html_private.h"

#include <string.h>

void rwe_html_put(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        case '\n':
            fputs("<br>", out);
            break;
        default:
            fputc(*c, out);
        }
    }
}

void rwe_html_put_in(FILE *out, const char *before, const char *text, const char *after)
{
    fputs(before, out);
    rwe_html_put(out, text);
    fputs(after, out);
}

/* U+2028 and U+2029 end a line of a script; "<" could end the script. */
void rwe_html_put_json_text(FILE *out, const char *text)
{
    static const char separator[] = "\xe2\x80";
    fputc('"', out);
    for (const char *c = text; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        bool separates = strncmp(c, separator, 2) == 0 && (c[2] == '\xa8' || c[2] == '\xa9');
        if (separates) {
            fputs(c[2] == '\xa8' ? "\\u2028" : "\\u2029", out);
            c += 2;
        } else if (byte < ' ' || strchr("\"\\<>&", byte) != NULL) {
            fprintf(out, "\\u%04x", byte);
        } else {
            fputc(byte, out);
        }
    }
    fputc('"', out);
}

void rwe_html_put_title(FILE *out, const struct rwe_block *section)
{
    size_t whole = strlen(section->text);
    size_t end = section->banner == NULL ? 0 : strlen(section->banner);
    if (end == 0 || whole < end || strcmp(section->text + whole - end, section->banner) != 0) {
        rwe_html_put(out, section->text);
        return;
    }
    size_t length = whole - end;
    static const char *const stops[] = {". ", "\xe3\x80\x82"}; /* U+3002 */
    for (size_t i = 0; i < 2; i++)
        if (length >= strlen(stops[i]) &&
            strncmp(section->text + length - strlen(stops[i]), stops[i], strlen(stops[i])) == 0)
            length -= strlen(stops[i]);
    for (const char *c = section->text; c < section->text + length; c++)
        rwe_html_put(out, (const char[]){*c, '\0'});
    rwe_html_put_in(out, " <span class=\"banner\">", section->banner, "</span>");
}
