#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// How far a value of the quantized network is from the same value of the real one, over some images.
struct ValueError {
  std::string name, layer;  ///< the node and what it computes
  int weight_bits = 0;      ///< 0: real, or no weights
  int value_bits = 0;       ///< 0: real
  double sqnr_db = 0;       ///< 10 log10(sum real^2 / sum (quantized - real)^2); infinite where equal
  double cosine = 0;        ///< of the angle between all real and all quantized numbers; 1 where both are zero
};

/// Value by value in the graph's order, for nodes that have the same name and shape in both networks (inputs and
/// constants left out). `images`: `count` of them, as run_all() takes them.
std::vector<ValueError> report_errors(const Graph& real, const Graph& quantized, std::span<const float> images,
                                      int64_t count, int64_t batch = 8);

/// Images for which both networks' first output is largest at the same place; none for networks that do not give one
/// row of at least two numbers an image.
std::optional<int64_t> count_same_class(const Graph& real, const Graph& quantized, std::span<const float> images,
                                        int64_t count);

/// A table for people.
std::string to_text(const std::vector<ValueError>& report);
/// [{"name": ..., "layer": ..., "weight_bits": ..., "value_bits": ..., "sqnr_db": number or null, "cosine": ...}, ...];
/// null: no difference at all.
std::string to_json(const std::vector<ValueError>& report);

}  // namespace flashcell::quant
