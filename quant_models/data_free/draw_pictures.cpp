#include "quant_models/data_free/draw_pictures.hpp"

#include <algorithm>

#include "quant_models/hash.hpp"
#include "quant_models/train/checkpoint.hpp"

namespace flashcell::quant {
namespace {

// A part in a checkpoint: images, labels, losses, history.
constexpr size_t kTensorsOfPart = 4;

Tensor row_of(const std::vector<float>& values) {
  return {{static_cast<int64_t>(values.size())}, values};
}

void append(const DrawnImages& part, DrawnImages& all) {
  if (all.count == 0) all.history = part.history;
  all.values.insert(all.values.end(), part.values.begin(), part.values.end());
  all.labels.insert(all.labels.end(), part.labels.begin(), part.labels.end());
  // Of the same steps of another batch: their mean.
  const double before = static_cast<double>(all.count), now = static_cast<double>(part.count);
  all.losses.resize(std::max(all.losses.size(), part.losses.size()));
  for (size_t i = 0; i < part.losses.size(); ++i)
    all.losses[i] = (all.losses[i] * before + part.losses[i] * now) / (before + now);
  all.count += part.count;
}

// A row for each snapshot: the step, then the images.
Tensor history_of(const DrawnImages& part) {
  if (part.history.empty()) return row_of({});
  Tensor rows{{static_cast<int64_t>(part.history.size()), static_cast<int64_t>(part.history[0].values.size()) + 1}, {}};
  for (const ImageSnapshot& shot : part.history) {
    rows.values.push_back(static_cast<float>(shot.step));
    rows.values.insert(rows.values.end(), shot.values.begin(), shot.values.end());
  }
  return rows;
}

std::vector<ImageSnapshot> history_in(const Tensor& rows) {
  std::vector<ImageSnapshot> history;
  if (rows.shape.size() != 2) return history;
  const auto wide = static_cast<ptrdiff_t>(rows.shape[1]);
  for (auto row = rows.values.begin(); row != rows.values.end(); row += wide)
    history.push_back({static_cast<int64_t>(*row), {row + 1, row + wide}});
  return history;
}

void keep(const DrawnImages& part, Checkpoint& checkpoint) {
  checkpoint.tensors.push_back(row_of(part.values));
  checkpoint.tensors.push_back(row_of({part.labels.begin(), part.labels.end()}));
  checkpoint.tensors.push_back(row_of({part.losses.begin(), part.losses.end()}));
  checkpoint.tensors.push_back(history_of(part));
  checkpoint.step += part.count;
}

DrawnImages part_of(const Checkpoint& checkpoint, size_t first, size_t size) {
  const auto& tensors = checkpoint.tensors;
  DrawnImages part{static_cast<int64_t>(tensors[first].values.size() / size), tensors[first].values, {}, {}};
  for (const float label : tensors[first + 1].values) part.labels.push_back(static_cast<int>(label));
  part.losses.assign(tensors[first + 2].values.begin(), tensors[first + 2].values.end());
  part.history = history_in(tensors[first + 3]);
  return part;
}

}  // namespace

DrawnImages draw_pictures(const ImageSource& source, const Graph& graph, int64_t count, uint64_t seed,
                          const std::string& checkpoint, uint64_t fingerprint, const Progress& progress) {
  const Shape& shape = graph.node(graph.inputs()[0]).shape;
  const auto size = static_cast<size_t>(element_count(shape) / shape[0]);
  Checkpoint state = load_checkpoint(checkpoint, fingerprint).value_or(Checkpoint{});
  state.fingerprint = fingerprint;
  DrawnImages all;
  for (size_t i = 0; i + kTensorsOfPart <= state.tensors.size(); i += kTensorsOfPart)
    append(part_of(state, i, size), all);
  const int64_t each = source.part() > 0 ? source.part() : count;
  while (all.count < count) {
    const auto number = static_cast<uint64_t>(all.count);
    const int64_t before = all.count;
    const DrawnImages part = source.draw(graph, std::min(each, count - all.count), Hash().add(seed).add(number).value(),
                                         [&](const DrawProgress& p) {
                                           if (!progress) return;
                                           DrawProgress whole = p;
                                           // In steps of an image, so that parts add up.
                                           whole.steps = count;
                                           whole.step = before + p.step * std::min(each, count - before) / p.steps;
                                           progress(whole);
                                         });
    const bool last = part.count < std::min(each, count - all.count);
    keep(part, state);
    append(part_of(state, state.tensors.size() - kTensorsOfPart, size), all);  // numbers as the file has them
    save(state, checkpoint);
    if (last) break;  // a folder that holds fewer
  }
  return all;
}

}  // namespace flashcell::quant
