#include "quant_models/data/input_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "quant_models/data/numpy_file.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

std::string wanted(std::span<const NamedInput> inputs) {
  std::string text;
  for (const NamedInput& input : inputs)
    text += fmt::format("{}'{}' (N of {})", text.empty() ? "" : ", ", input.name, to_string(input.shape));
  return text;
}

size_t numbers_of(const NamedInput& input) {
  return static_cast<size_t>(element_count(input.shape));
}

/// An input's array, of floating-point numbers as the network takes them.
struct Column {
  std::vector<float> numbers;
  int64_t items = 0;
};

Column read_column(const std::string& path, const NamedInput& input, const NumpyArray& array, bool first,
                   const Preprocessing& preprocessing) {
  Shape one = array.shape;
  if (!one.empty()) one.erase(one.begin());
  if (one != Shape(input.shape.begin() + 1, input.shape.end()))
    throw ModelError(fmt::format("{}: array '{}' has the shape {}, the network takes N of {}", path, input.name,
                                 to_string(array.shape), to_string(input.shape)));
  Column column{array.tensor().values, array.shape[0]};
  if (array.type != "u1") return column;
  if (!first || input.shape.size() != 4 || input.shape[1] != preprocessing.count())
    throw ModelError(
        fmt::format("{}: array '{}' is bytes, which are pixels, but the network does not say what pixels "
                    "mean to it; give its own numbers as float32",
                    path, input.name));
  const auto plane = static_cast<size_t>(input.shape[2] * input.shape[3]);
  for (size_t i = 0; i < column.numbers.size(); ++i) {
    const size_t c = i / plane % static_cast<size_t>(input.shape[1]);
    column.numbers[i] = (column.numbers[i] - preprocessing.mean[c]) * preprocessing.factor[c];
  }
  return column;
}

}  // namespace

CalibrationImages read_input_arrays(const std::string& path, std::span<const NamedInput> inputs,
                                    const Preprocessing& preprocessing, int64_t most) {
  if (!path.ends_with(".npz"))
    throw ModelError(fmt::format("{}: the network has {} inputs; give a .npz file with an array for each: {}", path,
                                 inputs.size(), wanted(inputs)));
  const auto arrays = read_npz(path);
  std::vector<Column> columns;
  size_t each = 0;
  for (const NamedInput& input : inputs) {
    const auto found = arrays.find(input.name);
    if (found == arrays.end())
      throw ModelError(fmt::format("{}: holds no array '{}'; the network takes {}", path, input.name, wanted(inputs)));
    columns.push_back(read_column(path, input, found->second, columns.empty(), preprocessing));
    if (columns.back().items != columns[0].items)
      throw ModelError(fmt::format("{}: holds {} items for '{}', but {} for '{}'", path, columns.back().items,
                                   input.name, columns[0].items, inputs[0].name));
    each += numbers_of(input);
  }
  const int64_t available = columns.at(0).items;
  CalibrationImages examples{std::min(most, available), available, CalibrationKind::array, {}};
  if (static_cast<uint64_t>(examples.count) * each > static_cast<uint64_t>(kMaxElements))
    throw ModelError(
        fmt::format("{}: {} examples do not fit into 1 GiB; take fewer with --images", path, examples.count));
  for (int64_t i = 0; i < examples.count; ++i) {
    const auto item = static_cast<size_t>(i * available / examples.count);
    for (size_t k = 0; k < columns.size(); ++k) {
      const size_t size = numbers_of(inputs[k]);
      const auto from = columns[k].numbers.begin() + static_cast<ptrdiff_t>(item * size);
      examples.values.insert(examples.values.end(), from, from + static_cast<ptrdiff_t>(size));
    }
  }
  return examples;
}

}  // namespace flashcell::quant
