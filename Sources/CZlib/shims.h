#ifndef SIMK_CZLIB_SHIMS_H
#define SIMK_CZLIB_SHIMS_H

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/// One stream that is being unpacked: gzip or zlib, whichever its header says.
typedef struct {
    z_stream stream;
} simk_inflater;

/// Makes a stream, or gives NULL when there is no memory.
static inline simk_inflater *simk_inflater_new(void) {
    simk_inflater *inflater = (simk_inflater *)calloc(1, sizeof(simk_inflater));
    if (inflater && inflateInit2(&inflater->stream, 15 + 32) != Z_OK) {
        free(inflater);
        return NULL;
    }
    return inflater;
}

static inline void simk_inflater_free(simk_inflater *inflater) {
    if (!inflater) return;
    inflateEnd(&inflater->stream);
    free(inflater);
}

/// Unpacks what fits. Sets how much was used and made; the result is zlib's: 0 go on, 1 the stream's end.
static inline int simk_inflate(simk_inflater *inflater, const unsigned char *in, size_t in_count,
                               size_t *in_used, unsigned char *out, size_t out_count, size_t *out_made) {
    inflater->stream.next_in = (unsigned char *)in;
    inflater->stream.avail_in = (unsigned int)in_count;
    inflater->stream.next_out = out;
    inflater->stream.avail_out = (unsigned int)out_count;
    int result = inflate(&inflater->stream, Z_NO_FLUSH);
    *in_used = in_count - inflater->stream.avail_in;
    *out_made = out_count - inflater->stream.avail_out;
    // No progress for want of bytes is no error here.
    return result == Z_BUF_ERROR ? Z_OK : result;
}

/// Makes the stream ready for the next member of the file.
static inline int simk_inflater_reset(simk_inflater *inflater) { return inflateReset(&inflater->stream); }

#endif
