#include "host/sink/run_warnings.hpp"

#include <fmt/format.h>

#include "pipeline/unfamiliar.hpp"

namespace flashcell::host {
namespace {

double percent(uint64_t part, uint64_t whole) {
  return whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

const char* ending(uint64_t n) {
  return n == 1 ? "" : "s";
}

const char* how_to_find(const RunInfo& run) {
  return run.source.has_cells ? "--events.window, --events.noise and --label.min_area change what is found"
                              : "`flashcell tune` draws what is found; --segment.method chooses another way to find it";
}

void add_count(const RunInfo& run, const RunSummary& s, std::vector<RunWarning>& warnings) {
  if (!s.count_often_missed()) return;
  warnings.push_back({"count not met: " + s.count_text(), how_to_find(run)});
}

void add_nothing(const RunInfo& run, const RunSummary& s, std::vector<RunWarning>& warnings) {
  if (s.frames == 0 || s.objects > 0 || !warnings.empty()) return;
  warnings.push_back({fmt::format("nothing was found in {} frame{}", s.frames, ending(s.frames)), how_to_find(run)});
}

void add_unfamiliar(const RunSummary& s, std::vector<RunWarning>& warnings) {
  if (!s.looks_unfamiliar()) return;
  warnings.push_back({unfamiliar_text(s.named), "annotate some of this recording and learn again"});
}

void add_short_tracks(const RunInfo& run, const RunSummary& s, std::vector<RunWarning>& warnings) {
  if (!s.many_short_tracks()) return;
  std::string advice = "--label.min_area leaves out specks";
  if (!s.count.known()) advice += ", --count N says how many objects there are";
  advice += fmt::format(", --track.confirm_ms {:.3g} wants longer tracks, --track.lost_ms holds on to objects longer",
                        run.fps > 0 ? 1e4 / run.fps : 100.0);
  warnings.push_back(
      {fmt::format("{} of {} tracks ({:.0f} %) were seen in fewer than {} frames or in less than half of their time, "
                   "with {:.3g} objects a frame",
                   s.lives.doubtful, s.tracks, percent(s.lives.doubtful, s.tracks), s.lives.few, s.objects_mean()),
       advice});
}

void add_merged(const RunInfo& run, const RunSummary& s, std::vector<RunWarning>& warnings) {
  if (!s.often_merged()) return;
  warnings.push_back({fmt::format("{:.0f} % of the rows are of objects that share a blob with others (state merged), "
                                  "where identities are the tracker's judgement",
                                  percent(s.lives.rows_merged, s.lives.rows_seen)),
                      run.source.has_cells
                          ? "a shorter --events.window or --label.connectivity exact8 parts objects that are close"
                          : "stricter segmentation (--segment.threshold, offset or sigmas) parts objects that touch"});
}

}  // namespace

std::vector<RunWarning> run_warnings(const RunInfo& run, const RunSummary& s) {
  std::vector<RunWarning> warnings = s.source.warnings;
  const std::vector<RunWarning> left_out = s.left_out_warnings();
  warnings.insert(warnings.end(), left_out.begin(), left_out.end());
  add_nothing(run, s, warnings);
  add_count(run, s, warnings);
  add_unfamiliar(s, warnings);
  add_short_tracks(run, s, warnings);
  add_merged(run, s, warnings);
  for (const DropCount& d : s.dropped) {
    if (d.frames == 0) continue;
    warnings.push_back({fmt::format("{} frame{} dropped: {}", d.frames, ending(d.frames), d.cause),
                        d.cause == "overrun" ? "raise --pipeline.queue_ms, or see in the report which stage is slow"
                                             : "tracks bridge them by their frame numbers, up to --track.lost_ms"});
  }
  return warnings;
}

}  // namespace flashcell::host
