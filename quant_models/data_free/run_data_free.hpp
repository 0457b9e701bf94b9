#pragma once
#include "quant_models/data_free/options.hpp"
#include "quant_models/report/data_free_run.hpp"
#include "quant_models/synthesize/image_source.hpp"

namespace flashcell::quant {

/// Quantizes a network without data: recognizes what it is, draws pictures out of it, searches the bits of each layer
/// unless they are given, quantizes it and trains it to do on the pictures what the real one does; generators learn
/// beside it. Writes NAME.fcnn (where the engine takes the network), NAME.onnx, pictures/, report.json and report.html
/// into the output folder. What a stage came to stays there as well: a run that was stopped anywhere goes on to the
/// same models when it is started again. Throws ModelError, Error.
DataFreeRun run_data_free(const DataFreeOptions& options, const Progress& progress);

/// Pictures alone, into the output folder: pictures.npz and sheet.png. Returns how many. Throws ModelError, Error.
int64_t run_synthesize(const SynthesizeOptions& options, const Progress& progress);

}  // namespace flashcell::quant
