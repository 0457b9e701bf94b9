#pragma once
#include <ap_int.h>
#include <hls_stream.h>

#if !defined(__SYNTHESIS__) && !defined(__VITIS_HLS__)
#include "kernels_hls/emulation/dataflow.hpp"
#endif

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
//   FLASHCELL_BURST(port)               waits for the first word of a burst on a memory port, or, behind the loop that
//                                       wrote one, for the port's answer
//
// No semicolon follows FLASHCELL_LOOP: the loop does, after any FLASHCELL_HLS. `interval` and `depth` are constants
// that the kernel's author states; `name` is an identifier, one for each loop of a function.
//
// For Vitis only the pragmas mean something. A CPU build runs the stages and, where asked, counts clocks: a model,
// whose rules are in kernels_hls/emulation/README.md.
#if defined(__SYNTHESIS__) || defined(__VITIS_HLS__)
#define FLASHCELL_HLS_PRAGMA(text) _Pragma(#text)
#define FLASHCELL_HLS(...) FLASHCELL_HLS_PRAGMA(HLS __VA_ARGS__)
#define FLASHCELL_DATAFLOW(name)
#define FLASHCELL_STAGE(...) __VA_ARGS__
#define FLASHCELL_DATAFLOW_END
#define FLASHCELL_LOOP(name, interval, depth)
#define FLASHCELL_ITERATION(name)
#define FLASHCELL_BURST(port)
#else
#define FLASHCELL_HLS(...)
#define FLASHCELL_DATAFLOW(name) ::flashcell_emulation::Region flashcell_region_##name(#name);
#define FLASHCELL_STAGE(...) ::flashcell_emulation::add_stage(#__VA_ARGS__, [&] { __VA_ARGS__; })
#define FLASHCELL_DATAFLOW_END ::flashcell_emulation::run_region();
#define FLASHCELL_LOOP(name, interval, depth) \
  for (::flashcell_emulation::Loop flashcell_loop_##name(interval, depth); flashcell_loop_##name.enter();)
#define FLASHCELL_ITERATION(name) flashcell_loop_##name.iterate()
#define FLASHCELL_BURST(port) ::flashcell_emulation::burst()
#endif
