#include "quant_models/report/error_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "base/text.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/report/printed.hpp"

namespace flashcell::quant {
namespace {

struct Sums {
  double real = 0, quantized = 0, product = 0, error = 0;

  void add(std::span<const float> r, std::span<const float> q) {
    for (size_t i = 0; i < r.size(); ++i) {
      const double a = r[i], b = q[i];
      real += a * a;
      quantized += b * b;
      product += a * b;
      error += (a - b) * (a - b);
    }
  }
  double sqnr_db() const { return error == 0 ? INFINITY : 10 * std::log10(real / error); }
  double cosine() const {
    if (real == 0 && quantized == 0) return 1;
    return real == 0 || quantized == 0 ? 0 : product / std::sqrt(real * quantized);
  }
};

bool is_computed(const Node& node) {
  return !std::holds_alternative<Input>(node.layer) && !std::holds_alternative<Constant>(node.layer);
}

ValueError describe_error(const Node& node, const Sums& sums) {
  ValueError e{node.name, describe(node.layer), 0, 0, sums.sqnr_db(), sums.cosine()};
  const std::optional<Quantization>* weights = weight_quantization_of(node.layer);
  if (weights != nullptr && *weights) e.weight_bits = (*weights)->bits;
  if (node.quantization) e.value_bits = node.quantization->bits;
  return e;
}

std::string padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

}  // namespace

std::vector<ValueError> report_errors(const Graph& real, const Graph& quantized, std::span<const float> images,
                                      int64_t count, int64_t batch) {
  // Both in one run, so that a value stands against its own.
  batch = std::min(possible_batch(real, batch), possible_batch(quantized, batch));
  std::map<NodeId, Sums> sums;
  const int64_t each = count > 0 ? static_cast<int64_t>(images.size()) / count : 0;
  for (int64_t first = 0; first < count; first += batch) {
    const int64_t now = std::min(batch, count - first);
    const std::span<const float> part =
        images.subspan(static_cast<size_t>(first * each), static_cast<size_t>(now * each));
    std::map<std::string, std::vector<float>> values;
    run_all(real, part, now, now, [&](NodeId id, std::span<const float> value) {
      if (is_computed(real.node(id))) values[real.node(id).name].assign(value.begin(), value.end());
    });
    run_all(quantized, part, now, now, [&](NodeId id, std::span<const float> value) {
      const auto found = values.find(quantized.node(id).name);
      if (found != values.end() && found->second.size() == value.size()) sums[id].add(found->second, value);
    });
  }
  std::vector<ValueError> report;
  for (const NodeId id : quantized.order())
    if (const auto found = sums.find(id); found != sums.end())
      report.push_back(describe_error(quantized.node(id), found->second));
  return report;
}

std::optional<int64_t> count_same_class(const Graph& real, const Graph& quantized, std::span<const float> images,
                                        int64_t count) {
  const Shape& shape = real.node(real.outputs()[0].node).shape;
  if (shape.size() != 2 || shape[1] < 2 || real.outputs().size() != 1) return std::nullopt;
  const std::vector<float> expected = run_all(real, images, count), stored = run_all(quantized, images, count);
  int64_t same = 0;
  for (size_t i = 0; i < expected.size(); i += static_cast<size_t>(shape[1])) {
    const auto largest = [&](const std::vector<float>& scores) {
      const auto first = scores.begin() + static_cast<ptrdiff_t>(i);
      return std::max_element(first, first + shape[1]) - first;
    };
    same += largest(expected) == largest(stored);
  }
  return same;
}

std::string to_text(const std::vector<ValueError>& report) {
  size_t name = 4, layer = 5;
  for (const ValueError& e : report) {
    name = std::max(name, e.name.size());
    layer = std::max(layer, e.layer.size());
  }
  std::string text = padded("node", name) + "  " + padded("layer", layer) + "  weights  value  SQNR dB    cosine\n";
  for (const ValueError& e : report) {
    text += padded(e.name, name) + "  " + padded(e.layer, layer) + "  ";
    text += padded(e.weight_bits > 0 ? std::to_string(e.weight_bits) + " bits" : "real", 7) + "  ";
    text += padded(e.value_bits > 0 ? std::to_string(e.value_bits) : "real", 5) + "  ";
    text += printed("%7.2f", e.sqnr_db) + "  " + printed("%8.6f", e.cosine) + "\n";
  }
  return text;
}

std::string to_json(const std::vector<ValueError>& report) {
  std::string text = "[";
  for (const ValueError& e : report) {
    text += text.size() > 1 ? ",\n " : "\n ";
    text += "{\"name\": " + json_string(e.name) + ", \"layer\": " + json_string(e.layer) +
            ", \"weight_bits\": " + std::to_string(e.weight_bits) +
            ", \"value_bits\": " + std::to_string(e.value_bits) +
            ", \"sqnr_db\": " + (std::isfinite(e.sqnr_db) ? printed("%.6g", e.sqnr_db) : "null") +
            ", \"cosine\": " + printed("%.9g", e.cosine) + "}";
  }
  return text + "\n]\n";
}

}  // namespace flashcell::quant
