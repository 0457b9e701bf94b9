#pragma once
#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// The quantized network with the scales that integer arithmetic of transformers asks for (Li and Gu, I-ViT, ICCV
/// 2023), where calibration chose others:
///   softmax            2^-bits, unsigned: what a shift makes of a row's sum
///   its input          1 / k for a whole k: the exponential knows its scale as floor(-1 / scale) only; no smaller than
///   a
///                      row's length needs, no larger than 1
///   both               16 bits where the residual streams have more than 8, since most of a long row's shares are far
///                      below 2^-8
///   residual streams   of more than 8 bits: the largest scale in every value that sums join, so that a stream is added
///                      to as it is
/// Other values keep their bits. Networks without such layers come back as they are.
Graph fit_integer_functions(Graph quantized);

}  // namespace flashcell::quant
