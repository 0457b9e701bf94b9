#include "host/eval/cell_tracking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "host/eval/label_images.hpp"
#include "host/eval/lineage_text.hpp"
#include "host/eval/text_fields.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;
using Images = std::map<int64_t, fs::path>;
using tracking::LabelFrame;
using tracking::LineageTrack;

std::vector<tracking::LabelArea> areas(const LabelImage& image) {
  std::vector<int64_t> pixels(size_t{1} << 16);
  for (const uint16_t label : image.labels) ++pixels[label];
  std::vector<tracking::LabelArea> list;
  for (size_t label = 1; label < pixels.size(); ++label) {
    if (pixels[label] > 0) list.push_back({static_cast<int>(label), pixels[label]});
  }
  return list;
}

LabelFrame compare(int64_t frame, const LabelImage& reference, const LabelImage& result) {
  LabelFrame f;
  f.frame = frame;
  f.reference = areas(reference);
  f.result = areas(result);
  std::map<std::pair<int, int>, int64_t> overlaps;
  for (size_t i = 0; i < reference.labels.size(); ++i) {
    if (reference.labels[i] != 0 && result.labels[i] != 0) ++overlaps[{reference.labels[i], result.labels[i]}];
  }
  for (const auto& [labels, pixels] : overlaps) f.overlaps.push_back({labels.first, labels.second, pixels});
  return f;
}

/// The reference's images, or those of its first `frames` frames, with the result's.
std::vector<LabelFrame> compare_images(const Images& reference, const Images& result, int64_t frames) {
  std::vector<LabelFrame> list;
  for (const auto& [frame, path] : reference) {
    if (frames > 0 && frame >= frames) break;
    const auto found = result.find(frame);
    if (found == result.end()) {
      throw Error(Fault::input, fmt::format("{}: no label image of frame {}, which {} shows",
                                            result.begin()->second.parent_path().string(), frame, path.string()));
    }
    const LabelImage a = read_label_image(path), b = read_label_image(found->second);
    if (a.width != b.width || a.height != b.height) {
      throw Error(Fault::input, fmt::format("{}: is {}x{} px, the ground truth {}x{}", found->second.string(), b.width,
                                            b.height, a.width, a.height));
    }
    list.push_back(compare(frame, a, b));
  }
  return list;
}

void check_frames(const Images& reference, const Images& result, int64_t frames) {
  int64_t next = 0;
  for (const auto& [frame, path] : reference) {
    if (frame != next++)
      throw Error(Fault::input, fmt::format("{}: the frame before it, {}, is missing", path.string(), next - 1));
  }
  const auto& [last, path] = *result.rbegin();
  if (frames == 0 && last > reference.rbegin()->first) {
    throw Error(Fault::input, fmt::format("{}: the ground truth ends with frame {}; --frames {} leaves out the rest",
                                          path.string(), reference.rbegin()->first, reference.size()));
  }
}

std::string sentence(const tracking::LineageFault& fault) {
  using Kind = tracking::LineageFault::Kind;
  switch (fault.kind) {
    case Kind::ends_before_it_begins:
      return fmt::format("track {} ends before it begins", fault.label);
    case Kind::parts_overlap:
      return fmt::format("track {} has two lines for frame {}", fault.label, fault.frame);
    case Kind::no_such_parent:
      return fmt::format("track {} begins in frame {}, and its parent is no track that has ended by then", fault.label,
                         fault.frame);
    case Kind::label_missing:
      return fmt::format(
          "track {} is not in the image of frame {}; after a gap a track goes on under a new label, with the old one "
          "as parent",
          fault.label, fault.frame);
    case Kind::label_unexpected:
      return fmt::format("lacks label {}, which the image of frame {} shows", fault.label, fault.frame);
  }
  return "";
}

/// The tracks of a text file, sound against the labels that its images show; those of the first frames alone where
/// there are only so many.
std::vector<LineageTrack> read_lineage(const fs::path& path, std::span<const LabelFrame> frames, bool clipped,
                                       std::vector<tracking::LabelArea> LabelFrame::*side) {
  std::vector<LineageTrack> tracks = parse_lineage(read_text(path.string()), path.string());
  const auto count = static_cast<int64_t>(frames.size());
  if (clipped) {
    std::erase_if(tracks, [count](const LineageTrack& t) { return t.first >= count; });
    for (LineageTrack& t : tracks) t.last = std::min(t.last, count - 1);
  }
  std::vector<std::vector<int>> labels(frames.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    for (const tracking::LabelArea& area : frames[i].*side) labels[i].push_back(area.label);
  }
  if (const auto fault = tracking::check_lineage(tracks, labels))
    throw Error(Fault::input, path.string() + ": " + sentence(*fault));
  return tracks;
}

}  // namespace

bool are_label_folders(const std::string& truth, const std::string& result) {
  return fs::is_directory(truth) && fs::is_directory(result);
}

CellTrackingScores score_label_folders(const std::string& truth, const std::string& result, int64_t frames) {
  const fs::path reference_folder = tracking_folder(truth), result_folder = tracking_folder(result);
  const Images reference = label_image_files(reference_folder), masks = label_image_files(result_folder);
  check_frames(reference, masks, frames);
  CellTrackingScores scores;
  const std::vector<LabelFrame> compared = compare_images(reference, masks, frames);
  if (std::all_of(compared.begin(), compared.end(), [](const LabelFrame& f) { return f.reference.empty(); }))
    throw Error(Fault::input, reference_folder.string() + ": its images show no reference object");
  const fs::path reference_tracks = reference_folder / "man_track.txt", result_tracks = result_folder / "res_track.txt";
  if (fs::exists(reference_tracks) && fs::exists(result_tracks)) {
    const auto a = read_lineage(reference_tracks, compared, frames > 0, &LabelFrame::reference);
    const auto b = read_lineage(result_tracks, compared, frames > 0, &LabelFrame::result);
    scores.errors = tracking::compare_graphs(compared, a, b);
    scores.tra = tracking::tracking_accuracy(scores.errors);
  } else {
    scores.errors = tracking::compare_objects(compared);
  }
  scores.det = tracking::detection_accuracy(scores.errors);
  if (const fs::path outlines = fs::path(truth) / "SEG"; fs::is_directory(outlines)) {
    const std::vector<LabelFrame> outlined = compare_images(label_image_files(outlines), masks, frames);
    const tracking::OverlapSum overlap = tracking::overlap_with_matches(outlined);
    if (overlap.objects > 0) scores.seg = overlap.mean();
  }
  return scores;
}

CellTrackingScores combine(std::span<const CellTrackingScores> sequences) {
  CellTrackingScores all;
  const auto count = static_cast<double>(std::max<size_t>(sequences.size(), 1));
  all.seg = all.tra = 0;
  for (const CellTrackingScores& s : sequences) {
    all.seg = all.seg && s.seg ? std::optional(*all.seg + *s.seg / count) : std::nullopt;
    all.tra = all.tra && s.tra ? std::optional(*all.tra + *s.tra / count) : std::nullopt;
    all.det += s.det / count;
    all.errors.splits += s.errors.splits;
    all.errors.missed += s.errors.missed;
    all.errors.false_positives += s.errors.false_positives;
    all.errors.redundant_edges += s.errors.redundant_edges;
    all.errors.missing_edges += s.errors.missing_edges;
    all.errors.wrong_edges += s.errors.wrong_edges;
    all.errors.reference_objects += s.errors.reference_objects;
    all.errors.reference_edges += s.errors.reference_edges;
  }
  return all;
}

}  // namespace flashcell::host
