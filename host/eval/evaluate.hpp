#pragma once
#include <iosfwd>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/reliability.hpp"
#include "host/eval/cell_tracking.hpp"
#include "host/eval/track_csv.hpp"
#include "tracking/metrics/clear.hpp"
#include "tracking/metrics/constant_shift.hpp"
#include "tracking/metrics/hota.hpp"
#include "tracking/metrics/identity.hpp"
#include "tracking/metrics/overlay.hpp"
#include "tracking/metrics/particles.hpp"

namespace flashcell::host {

/// Ground truth and tracks of one sequence; any format of read_tracks.hpp each.
struct EvalPair {
  std::string truth, tracks;  ///< paths
};

struct EvalOptions {
  std::vector<EvalPair> pairs;  ///< at least one
  bool points = false;          ///< compare points by Euclidean distance instead of boxes by IoU
  double max_distance = 0;      ///< px; similarity of points is 1 - distance / max_distance
  double particle_gate = 0;     ///< px; above 0: the particle tracking challenge's measures, too, with this gate
  std::optional<tracking::OverlayOptions> overlay;  ///< also how a display's drawings stay on the points, with these
  CsvColumns truth_columns, track_columns;
  double shift_x = 0, shift_y = 0;  ///< px that the ground truth is moved by
  int64_t frames = 0;               ///< only the first so many count; 0: all of the ground truth
  bool json = false;
};

/// Frames, from 1, that a file has objects in: the first and the last.
struct FrameSpan {
  int64_t first = 0, last = 0;
};

/// What the metrics say of one sequence, or of all together.
struct SequenceScores {
  std::string name;
  tracking::HotaScores hota;
  tracking::ClearScores clear;
  tracking::IdentityScores identity;
  std::optional<Reliability> names;                   ///< where truth and tracks have classes (class_reliability.hpp)
  std::optional<CellTrackingScores> cells;            ///< where both sides are folders of label images
  std::optional<tracking::ParticleScores> particles;  ///< where a gate was given
  std::optional<tracking::OverlayFigures> overlay;    ///< where a display was given; of single sequences alone
  std::optional<tracking::ConstantShift> shift;       ///< that the ground truth seems to need; the same
  std::optional<FrameSpan> tracked;  ///< where it leaves out a tenth of the ground truth's or more; the same
};

struct EvalResult {
  std::vector<SequenceScores> sequences;
  SequenceScores overall;  ///< named OVERALL
};

/// The three metrics of one sequence; CLEAR and identity at similarity 0.5.
SequenceScores score_sequence(const std::string& name, const tracking::ScoredSequence& sequence);

/// Reads and scores every pair. A sequence has as many frames as its ground truth; its name is the ground truth's
/// folder where the file is called gt.txt, else the file's name. Throws Error(Fault::input) for unreadable and
/// malformed files and for tracks in frames after the last of the ground truth (naming the line), Error(Fault::usage)
/// for options that cannot be.
EvalResult evaluate(const EvalOptions& options);

/// Names as in TrackEval; figures of HOTA are lists over the thresholds, their means end in _mean.
nlohmann::json to_json(const SequenceScores& scores);
/// {"sequences": {name: …}, "OVERALL": …}
nlohmann::json to_json(const EvalResult& result);

/// The main figures, a line a sequence; tables of their own for the challenges' measures.
void print_table(const EvalResult& result, std::ostream& out);

/// `flashcell eval`: evaluates and prints as options.json says. Returns the exit code 0; errors are thrown.
int eval_command(const EvalOptions& options, std::ostream& out);

}  // namespace flashcell::host
