#include "host/app/input_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/text.hpp"
#include "quant_models/data/file_bytes.hpp"

namespace flashcell::app {
namespace {

using quant::NumpyArray;
using quant::Shape;

std::string taken_by(const NetworkRun& network) {
  std::string text;
  for (const Port& port : network.inputs())
    text += fmt::format("{}'{}' (N x {})", text.empty() ? "" : ", ", printable(port.name), shape_text(port.shape));
  return text;
}

[[noreturn]] void refuse(const std::string& file, const std::string& what) {
  throw Error(Fault::input, fmt::format("{}: {}", printable(file), what));
}

// How many items an array holds for a port; a single one may come without its batch.
size_t items_of(const std::string& file, const Port& port, const NumpyArray& array) {
  if (array.shape == port.shape) return 1;
  if (!array.shape.empty() && array.shape[0] > 0 && Shape(array.shape.begin() + 1, array.shape.end()) == port.shape)
    return static_cast<size_t>(array.shape[0]);
  refuse(file, fmt::format("the array for input '{}' is {}; the network takes N x {}", printable(port.name),
                           shape_text(array.shape), shape_text(port.shape)));
}

}  // namespace

Arrays read_arrays(const std::string& path) {
  const std::vector<uint8_t> bytes = quant::read_file(path);
  if (path.ends_with(".npy")) return {{"", quant::read_npy(bytes, path)}};
  return quant::read_npz(bytes, path);
}

std::string shape_text(const Shape& shape) {
  return shape.empty() ? "one number" : quant::to_string(shape);
}

InputArrays match_inputs(const std::string& file, const NetworkRun& network, Arrays arrays) {
  InputArrays inputs{file, {}, 0};
  const std::vector<Port>& ports = network.inputs();
  const bool any_name = ports.size() == 1 && arrays.size() == 1;
  for (const Port& port : ports) {
    const auto found = any_name ? arrays.begin() : arrays.find(port.name);
    if (found == arrays.end())
      refuse(file, fmt::format("holds no array '{}'; the network takes {}", printable(port.name), taken_by(network)));
    const size_t items = items_of(file, port, found->second);
    if (!inputs.arrays.empty() && items != inputs.items)
      refuse(file, fmt::format("holds {} items for '{}', but {} for '{}'", items, printable(port.name), inputs.items,
                               printable(ports[0].name)));
    inputs.items = items;
    inputs.arrays.push_back(std::move(found->second));
    arrays.erase(found);
  }
  if (!arrays.empty())
    refuse(file, fmt::format("'{}' is no input of the network, which takes {}", printable(arrays.begin()->first),
                             taken_by(network)));
  return inputs;
}

InputFeed::InputFeed(const std::string& file, NetworkRun& network, size_t input, NumpyArray array)
    : network_(network), input_(input), each_(network.inputs()[input].count()), array_(std::move(array)) {
  pixels_ = array_.type == "u1";
  const std::string name = printable(network.inputs()[input].name);
  if (pixels_ && (input > 0 || !network.preprocessing()))
    refuse(file, fmt::format("input '{}' is bytes, which are pixels, but the network does not say what pixels "
                             "mean to it; give its own numbers as float32",
                             name));
  if (pixels_) return;
  const std::vector<double> all = array_.numbers();
  numbers_.assign(all.begin(), all.end());
  if (!std::all_of(numbers_.begin(), numbers_.end(), [](float x) { return std::isfinite(x); }))
    refuse(file, fmt::format("input '{}' holds a number that is not finite", name));
}

void InputFeed::set(size_t item) {
  if (pixels_) {
    network_.set_pixels(std::span(array_.bytes).subspan(item * each_, each_));
  } else {
    network_.set_numbers(input_, std::span(numbers_).subspan(item * each_, each_));
  }
}

std::vector<InputFeed> feeds_of(NetworkRun& network, InputArrays inputs) {
  std::vector<InputFeed> feeds;
  for (size_t i = 0; i < inputs.arrays.size(); ++i)
    feeds.emplace_back(inputs.file, network, i, std::move(inputs.arrays[i]));
  return feeds;
}

}  // namespace flashcell::app
