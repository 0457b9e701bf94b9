#pragma once
#include "quant_models/packed/describe.hpp"

namespace flashcell::app {

/// A packed model on standard output: layers, shapes, bits, operations, memory.
void print_packed_table(const quant::ModelSummary& model);
void print_packed_json(const quant::ModelSummary& model);

}  // namespace flashcell::app
