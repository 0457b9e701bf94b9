#include "quant_models/recurrent/sequences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/text.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/file_set.hpp"
#include "quant_models/data/mnist.hpp"
#include "quant_models/data/numpy_file.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/recurrent/size_of.hpp"

namespace flashcell::quant {
namespace {

std::vector<std::string> numbered(int64_t count) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

Sequences of_pictures(LabelledImages images, bool pixels) {
  Sequences s;
  s.count = images.count;
  s.steps = pixels ? int64_t{images.rows} * images.columns : images.rows;
  s.inputs = pixels ? 1 : images.columns;
  s.values = std::move(images.pixels);
  s.labels.assign(images.labels.begin(), images.labels.end());
  s.unit = 1.0F / 255;
  return s;
}

/// A list of files and their classes.
struct Listed {
  std::string file;
  int32_t label;
};

int32_t label_of(std::string_view text, const std::string& name) {
  int32_t label = -1;
  std::from_chars(text.data(), text.data() + text.size(), label);
  if (label < 0 || label > 999) throw ModelError(fmt::format("{}: '{}' is no class from 0 to 999", name, text));
  return label;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

// "number class" a line, the saccades beside it as NUMBER.bs2.
std::vector<Listed> read_list(const FileSet& files, const std::string& list) {
  std::vector<Listed> all;
  const std::vector<uint8_t> bytes = files.read(list);
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  for (std::string line; std::getline(text, line);) {
    std::istringstream fields(line);
    std::string number, label;
    if (line.starts_with("#") || !(fields >> number >> label)) continue;
    all.push_back({folder_of(list) + number + ".bs2", label_of(label, files.describe(list))});
  }
  return all;
}

// "file,class,part" a line, part train or test.
void read_labels(const FileSet& files, const std::string& list, std::vector<Listed>& train, std::vector<Listed>& test) {
  const std::vector<uint8_t> bytes = files.read(list);
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  std::vector<std::string_view> fields;
  for (std::string line; std::getline(text, line);) {
    split_csv(line, fields);
    if (fields.size() < 3 || fields[0] == "file") continue;
    if (fields[2] != "train" && fields[2] != "test")
      throw ModelError(fmt::format("{}: '{}' is neither train nor test", files.describe(list), fields[2]));
    (fields[2] == "train" ? train : test)
        .push_back({folder_of(list) + csv_text(fields[0]), label_of(fields[1], files.describe(list))});
  }
}

Sequences read_saccades(const FileSet& files, const std::vector<Listed>& listed, const EventBins& bins) {
  Sequences s{static_cast<int64_t>(listed.size()), bins.steps, bins.inputs(), {}, {}, 1};
  for (const auto& [file, label] : listed) {
    const std::vector<AddressEvent> events = parse_nmnist(files.read(file), files.describe(file), bins.size);
    const std::vector<uint8_t> values = bin_events(events, bins);
    s.values.insert(s.values.end(), values.begin(), values.end());
    s.labels.push_back(label);
  }
  return s;
}

SequenceSet read_saccade_set(const std::string& path, const EventBins& bins) {
  const FileSet files(path);
  std::vector<Listed> train, test;
  for (const std::string& name : files.names()) {
    const std::string own = name.substr(folder_of(name).size());
    if (own == "labels.csv") read_labels(files, name, train, test);
    if (!own.ends_with(".txt")) continue;
    if (own.starts_with("train")) train = read_list(files, name);
    if (own.starts_with("test")) test = read_list(files, name);
  }
  if (train.empty() || test.empty())
    throw ModelError(path +
                     ": has no lists of events to train and test with (train*.txt and test*.txt, or labels.csv)");
  SequenceSet set{read_saccades(files, train, bins), read_saccades(files, test, bins), {}, 0, 0};
  int32_t largest = 0;
  for (const Sequences* s : {&set.train, &set.test})
    largest = std::max(largest, *std::max_element(s->labels.begin(), s->labels.end()));
  set.names = numbered(largest + 1);
  set.planes = 2;
  set.side = bins.pooled();
  return set;
}

Sequences of_arrays(const std::map<std::string, NumpyArray>& arrays, const std::string& part, const std::string& name) {
  const auto values = arrays.find(part + "_values"), labels = arrays.find(part + "_labels");
  if (values == arrays.end() || labels == arrays.end())
    throw ModelError(fmt::format("{}: has no {}_values and {}_labels", name, part, part));
  const NumpyArray& v = values->second;
  if (v.type != "u1" || v.shape.size() < 3)
    throw ModelError(fmt::format("{}: {}_values are not 8-bit numbers of count x steps x ...", name, part));
  Sequences s{v.shape[0], v.shape[1], 1, v.bytes, {}, 1};
  for (size_t i = 2; i < v.shape.size(); ++i) {
    if (v.shape[i] < 1 || v.shape[i] * s.inputs > (1 << 16))
      throw ModelError(fmt::format("{}: {}_values have no or too many numbers a step", name, part));
    s.inputs *= static_cast<int>(v.shape[i]);
  }
  for (const double label : labels->second.numbers()) {
    if (!(label >= 0 && label < 1000)) throw ModelError(fmt::format("{}: a label is not in 0 .. 999", name));
    s.labels.push_back(static_cast<int32_t>(label));
  }
  if (s.count < 1 || s.steps < 1 || s.labels.size() != size_of(s.count))
    throw ModelError(fmt::format("{}: {}_values and {}_labels are empty or differ in number", name, part, part));
  return s;
}

}  // namespace

std::vector<uint8_t> bin_events(std::span<const AddressEvent> events, const EventBins& bins) {
  std::vector<uint8_t> values(size_of(bins.steps * bins.inputs()));
  const int side = bins.pooled();
  for (const AddressEvent& e : events) {
    const int64_t bin = e.microseconds / bins.microseconds;
    if (bin >= bins.steps) continue;
    const int64_t plane = bin * 2 + (e.brighter ? 1 : 0);
    values[size_of((plane * side + e.row / bins.pool) * side + e.column / bins.pool)] = 1;
  }
  return values;
}

SequenceSet parse_tensors(std::span<const uint8_t> file, const std::string& name) {
  const auto arrays = read_npz(file, name);
  SequenceSet set{of_arrays(arrays, "train", name), of_arrays(arrays, "test", name), {}, 0, 0};
  if (set.train.inputs != set.test.inputs || set.train.steps != set.test.steps)
    throw ModelError(name + ": train_values and test_values differ in shape");
  int32_t largest = 0;
  for (const Sequences* s : {&set.train, &set.test})
    largest = std::max(largest, *std::max_element(s->labels.begin(), s->labels.end()));
  set.names = numbered(largest + 1);
  return set;
}

SequenceSet read_sequences(const std::string& path, SequenceFormat format, const EventBins& bins) {
  if (format == SequenceFormat::nmnist) return read_saccade_set(path, bins);
  if (format == SequenceFormat::tensors) return parse_tensors(read_file(path), path);
  const bool pixels = format == SequenceFormat::pixels;
  return {of_pictures(read_mnist_folder(path, true), pixels), of_pictures(read_mnist_folder(path, false), pixels),
          numbered(10), 0, 0};
}

}  // namespace flashcell::quant
