#pragma once
#include <ap_int.h>
#include <hls_stream.h>

// FLASHCELL_HLS(PIPELINE II = 1) is the pragma for Vitis HLS and nothing for a CPU compiler.
#if defined(__SYNTHESIS__) || defined(__VITIS_HLS__)
#define FLASHCELL_HLS_PRAGMA(text) _Pragma(#text)
#define FLASHCELL_HLS(...) FLASHCELL_HLS_PRAGMA(HLS __VA_ARGS__)
#else
#define FLASHCELL_HLS(...)
#endif
