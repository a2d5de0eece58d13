/* SPDX-License-Identifier: ISC */
#include "admin/answer.h"

#include <stdlib.h>
#include <string.h>

#include "admin/json.h"

struct blob *
blob_new(const char *bytes, size_t len)
{
    struct blob *blob = malloc(sizeof(*blob) + len);

    if (blob == NULL)
        return NULL;
    blob->refs = 1;
    blob->len = len;
    memcpy(blob->bytes, bytes, len);
    return blob;
}

struct blob *
blob_ref(struct blob *blob)
{
    blob->refs++;
    return blob;
}

void
blob_unref(struct blob *blob)
{
    if (blob != NULL && --blob->refs == 0)
        free(blob);
}

struct answer
answer_text(unsigned status, const char *text)
{
    return (struct answer){.status = status, .type = TYPE_TEXT,
                           .body = blob_new(text, strlen(text))};
}

struct answer
answer_json(unsigned status, json_t *value)
{
    struct answer answer = {.status = status, .type = TYPE_JSON};
    char *text = value != NULL ? json_dumps(value, JSON_INDENT(1) | JSON_REAL_PRECISION(10)) : NULL;
    size_t len;

    json_decref(value);
    if (text == NULL)
        return answer;
    len = strlen(text);
    text[len] = '\n';      /* in place of the NUL */
    answer.body = blob_new(text, len + 1);
    free(text);
    return answer;
}

struct answer
answer_error(unsigned status, const char *text)
{
    return answer_json(status, json_error(status, text));
}
