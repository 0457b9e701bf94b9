#pragma once
#include <ap_int.h>
#include <hls_stream.h>

// Everything that kernel code says to the tool that compiles it.
//
//   FLASHCELL_HLS(PIPELINE II = 1)      a pragma for Vitis HLS
//   FLASHCELL_DATAFLOW(name)            in a function's body: the stages that follow run at the same time
//   FLASHCELL_STAGE(function(...))      one of them
//   FLASHCELL_DATAFLOW_END              waits for all of them
//   FLASHCELL_LOOP(name, interval, depth)
//                                       before a pipelined loop: it starts an iteration every `interval` clocks, and an
//                                       iteration takes `depth` clocks from its first read to its last write
//   FLASHCELL_ITERATION(name)           first statement of that loop's body
//
// For Vitis only the pragmas mean something. A CPU build runs the stages and counts clocks: a model.
#if defined(__SYNTHESIS__) || defined(__VITIS_HLS__)
#define FLASHCELL_HLS_PRAGMA(text) _Pragma(#text)
#define FLASHCELL_HLS(...) FLASHCELL_HLS_PRAGMA(HLS __VA_ARGS__)
#define FLASHCELL_DATAFLOW(name)
#define FLASHCELL_STAGE(...) __VA_ARGS__
#define FLASHCELL_DATAFLOW_END
#define FLASHCELL_LOOP(name, interval, depth)
#define FLASHCELL_ITERATION(name)
#else
#define FLASHCELL_HLS(...)
#define FLASHCELL_DATAFLOW(name)
#define FLASHCELL_STAGE(...) __VA_ARGS__
#define FLASHCELL_DATAFLOW_END
#define FLASHCELL_LOOP(name, interval, depth)
#define FLASHCELL_ITERATION(name)
#endif
