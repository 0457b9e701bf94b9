#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "host/eval/evaluate.hpp"

namespace flashcell::host {
namespace {

void add_hota(const tracking::HotaScores& s, nlohmann::json& json) {
  const struct {
    const char* name;
    const tracking::HotaArray& values;
  } figures[] = {{"HOTA", s.hota},    {"DetA", s.det_a},   {"AssA", s.ass_a}, {"DetRe", s.det_re}, {"DetPr", s.det_pr},
                 {"AssRe", s.ass_re}, {"AssPr", s.ass_pr}, {"LocA", s.loc_a}, {"OWTA", s.owta}};
  for (const auto& figure : figures) {
    json[figure.name] = figure.values;
    json[std::string(figure.name) + "_mean"] = tracking::mean(figure.values);
  }
  json["HOTA_TP"] = s.tp;
  json["HOTA_FN"] = s.fn;
  json["HOTA_FP"] = s.fp;
  json["HOTA(0)"] = s.hota[0];
  json["LocA(0)"] = s.loc_a[0];
  json["HOTALocA(0)"] = s.hota[0] * s.loc_a[0];
}

void add_clear(const tracking::ClearScores& s, nlohmann::json& json) {
  json["MOTA"] = s.mota;
  json["MOTP"] = s.motp;
  json["MODA"] = s.moda;
  json["CLR_Re"] = s.recall;
  json["CLR_Pr"] = s.precision;
  json["CLR_F1"] = s.f1;
  json["MTR"] = s.mostly_tracked_ratio;
  json["PTR"] = s.partly_tracked_ratio;
  json["MLR"] = s.mostly_lost_ratio;
  json["sMOTA"] = s.smota;
  json["MOTAL"] = s.motal;
  json["FP_per_frame"] = s.fp_per_frame;
  json["MOTP_sum"] = s.motp_sum;
  json["CLR_TP"] = s.tp;
  json["CLR_FN"] = s.fn;
  json["CLR_FP"] = s.fp;
  json["IDSW"] = s.id_switches;
  json["MT"] = s.mostly_tracked;
  json["PT"] = s.partly_tracked;
  json["ML"] = s.mostly_lost;
  json["Frag"] = s.fragmentations;
  json["CLR_Frames"] = s.frames;
}

void add_identity(const tracking::IdentityScores& s, nlohmann::json& json) {
  json["IDF1"] = s.f1;
  json["IDR"] = s.recall;
  json["IDP"] = s.precision;
  json["IDTP"] = s.tp;
  json["IDFN"] = s.fn;
  json["IDFP"] = s.fp;
}

void add_names(const Reliability& names, nlohmann::json& json) {
  json["class_rows"] = names.weight();
  json["class_share_right"] = names.share_right();
  json["class_calibration_error"] = names.error();
  json["class_surest_wrong"] = names.most_wrong();
}

nlohmann::json to_json(const CellTrackingScores& s) {
  const auto or_null = [](const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json();
  };
  const tracking::GraphErrors& e = s.errors;
  return {{"SEG", or_null(s.seg)},
          {"DET", s.det},
          {"TRA", or_null(s.tra)},
          {"NS", e.splits},
          {"FN", e.missed},
          {"FP", e.false_positives},
          {"ED", e.redundant_edges},
          {"EA", e.missing_edges},
          {"EC", e.wrong_edges},
          {"vertices", e.reference_objects},
          {"edges", e.reference_edges}};
}

nlohmann::json to_json(const tracking::ParticleScores& s) {
  return {{"alpha", s.alpha()},
          {"beta", s.beta()},
          {"JSC", s.jsc()},
          {"JSC_theta", s.jsc_tracks()},
          {"RMSE", s.rmse()},
          {"TP", s.matched},
          {"FN", s.missed},
          {"FP", s.wrong},
          {"TP_theta", s.matched_tracks},
          {"FN_theta", s.missed_tracks},
          {"FP_theta", s.wrong_tracks}};
}

constexpr const char* kOverlayRules[] = {"held", "line", "parabola"};  // by tracking::OverlayRule

nlohmann::json to_json(const tracking::OverlayFigures& f) {
  nlohmann::json json = {
      {"drawings", f.drawings}, {"missing", f.missing}, {"age_ms", 1e3 * f.age}, {"oldest_age_ms", 1e3 * f.oldest_age}};
  for (size_t rule = 0; rule < f.errors.size(); ++rule) {
    const tracking::OverlayError& e = f.errors[rule];
    json[kOverlayRules[rule]] = {{"rms_px", e.rms}, {"p95_px", e.p95}, {"jitter_px", e.jitter}};
  }
  return json;
}

void print_overlay(const SequenceScores& s, std::ostream& out) {
  const tracking::OverlayFigures& f = *s.overlay;
  out << fmt::format(
      "\nOverlay of {}: {} drawings, {:.1f} % of the objects without a track; {:.2f} ms old when shown, {:.2f} ms at "
      "most\n{:<10}{:>10}{:>10}{:>13}\n",
      printable(s.name), f.drawings, 100 * f.missing, 1e3 * f.age, 1e3 * f.oldest_age, "prediction", "RMS px",
      "95 % px", "jitter px");
  for (size_t rule = 0; rule < f.errors.size(); ++rule) {
    const tracking::OverlayError& e = f.errors[rule];
    out << fmt::format("{:<10}{:>10.3f}{:>10.3f}{:>13.3f}\n", kOverlayRules[rule], e.rms, e.p95, e.jitter);
  }
}

/// What makes scores low that says nothing of the tracks.
void print_shift(const SequenceScores& s, std::ostream& out) {
  const tracking::ConstantShift& shift = *s.shift;
  out << fmt::format(
      "\n{}: the ground truth lies {:.1f} px {} of the tracks and {:.1f} px {} them, steadily (half of {} pairs within "
      "{:.1f} "
      "px): "
      "where it counts from another corner than the picture's, add --truth-shift {:.1f},{:.1f}\n",
      printable(s.name), std::abs(shift.x), shift.x > 0 ? "left" : "right", std::abs(shift.y),
      shift.y > 0 ? "above" : "below", shift.pairs, shift.spread, shift.x, shift.y);
}

void print_excerpt(const SequenceScores& s, std::ostream& out) {
  out << fmt::format(
      "\n{}: the tracks are of frames {} to {} alone (counted from 1); what the ground truth has in the others counts "
      "as "
      "missed\n",
      printable(s.name), s.tracked->first, s.tracked->last);
}

std::string figure(const std::optional<double>& value) {
  return value ? fmt::format("{:7.4f}", *value) : fmt::format("{:>7}", "-");
}

void print_row(const SequenceScores& s, const CellTrackingScores& c, size_t name_width, std::ostream& out) {
  const tracking::GraphErrors& e = c.errors;
  out << fmt::format("{:<{}} {} {:7.4f} {} {:6} {:7} {:7} {:6} {:7} {:6} {:8} {:8}\n", printable(s.name), name_width,
                     figure(c.seg), c.det, figure(c.tra), e.splits, e.missed, e.false_positives, e.redundant_edges,
                     e.missing_edges, e.wrong_edges, e.reference_objects, e.reference_edges);
}

void print_row(const SequenceScores& s, const tracking::ParticleScores& p, size_t name_width, std::ostream& out) {
  out << fmt::format("{:<{}} {:7.4f} {:7.4f} {:7.4f} {:7.4f} {:7.4f} {:7} {:7} {:7} {:7} {:7} {:7}\n",
                     printable(s.name), name_width, p.alpha(), p.beta(), p.jsc(), p.jsc_tracks(), p.rmse(), p.matched,
                     p.missed, p.wrong, p.matched_tracks, p.missed_tracks, p.wrong_tracks);
}

/// The rows of those that have the part, below a title and a header.
template <class Part>
void print_part(const EvalResult& result, std::optional<Part> SequenceScores::*part, const std::string& title,
                size_t name_width, std::ostream& out) {
  bool any = false;
  const auto print = [&](const SequenceScores& s) {
    if (!(s.*part)) return;
    if (!any) out << title;
    any = true;
    print_row(s, *(s.*part), name_width, out);
  };
  for (const SequenceScores& s : result.sequences) print(s);
  print(result.overall);
}

void print_row(const SequenceScores& s, size_t name_width, std::ostream& out) {
  out << fmt::format(
      "{:<{}} {:7.4f} {:7.4f} {:7.4f} {:7.4f} {:7.4f} {:7.4f} {:7.4f} {:6} {:6} {:5} {:7} {:7} {:4} {:4} {:4}\n",
      printable(s.name), name_width, tracking::mean(s.hota.hota), tracking::mean(s.hota.det_a),
      tracking::mean(s.hota.ass_a), tracking::mean(s.hota.loc_a), s.clear.mota, s.clear.motp, s.identity.f1,
      s.clear.id_switches, s.clear.fragmentations, s.clear.frames, s.clear.fp, s.clear.fn, s.clear.mostly_tracked,
      s.clear.partly_tracked, s.clear.mostly_lost);
}

}  // namespace

nlohmann::json to_json(const SequenceScores& scores) {
  nlohmann::json json = nlohmann::json::object();
  add_hota(scores.hota, json);
  add_clear(scores.clear, json);
  add_identity(scores.identity, json);
  if (scores.names) add_names(*scores.names, json);
  if (scores.cells) json["cell_tracking"] = to_json(*scores.cells);
  if (scores.particles) json["particle_tracking"] = to_json(*scores.particles);
  if (scores.overlay) json["overlay"] = to_json(*scores.overlay);
  if (scores.shift) {
    json["constant_shift"] = {{"x_px", scores.shift->x},
                              {"y_px", scores.shift->y},
                              {"spread_px", scores.shift->spread},
                              {"pairs", scores.shift->pairs}};
  }
  return json;
}

nlohmann::json to_json(const EvalResult& result) {
  nlohmann::json sequences = nlohmann::json::object();
  for (const SequenceScores& scores : result.sequences) sequences[scores.name] = to_json(scores);
  return {{"sequences", sequences}, {"OVERALL", to_json(result.overall)}};
}

void print_table(const EvalResult& result, std::ostream& out) {
  size_t width = 8;
  for (const SequenceScores& scores : result.sequences) width = std::max(width, printable(scores.name).size());
  out << fmt::format(
      "{:<{}} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6} {:>6} {:>5} {:>7} {:>7} {:>4} {:>4} {:>4}\n", "", width,
      "HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDF1", "IDSW", "Frag", "frames", "FP", "FN", "MT", "PT", "ML");
  for (const SequenceScores& scores : result.sequences) print_row(scores, width, out);
  print_row(result.overall, width, out);
  if (const auto& names = result.overall.names) {
    out << fmt::format(
        "\nclasses: {:.2f} % of {:.0f} rows right, calibration error {:.4f}, surest wrong row {:.3f}\n{}",
        100 * names->share_right(), names->weight(), names->error(), names->most_wrong(), names->table());
  }
  print_part(
      result, &SequenceScores::cells,
      fmt::format("\nCell Tracking Challenge\n{:<{}} {:>7} {:>7} {:>7} {:>6} {:>7} {:>7} {:>6} {:>7} {:>6} {:>8} "
                  "{:>8}\n",
                  "", width, "SEG", "DET", "TRA", "NS", "FN", "FP", "ED", "EA", "EC", "objects", "edges"),
      width, out);
  print_part(
      result, &SequenceScores::particles,
      fmt::format("\nParticle tracking challenge\n{:<{}} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} "
                  "{:>7} {:>7}\n",
                  "", width, "alpha", "beta", "JSC", "JSCtrk", "RMSE", "TP", "FN", "FP", "TPtrk", "FNtrk", "FPtrk"),
      width, out);
  for (const SequenceScores& scores : result.sequences)
    if (scores.overlay) print_overlay(scores, out);
  for (const SequenceScores& scores : result.sequences)
    if (scores.shift) print_shift(scores, out);
  for (const SequenceScores& scores : result.sequences)
    if (scores.tracked) print_excerpt(scores, out);
}

int eval_command(const EvalOptions& options, std::ostream& out) {
  const EvalResult result = evaluate(options);
  if (options.json) {
    out << json_text(to_json(result)) << '\n';
  } else {
    print_table(result, out);
  }
  return 0;
}

}  // namespace flashcell::host
