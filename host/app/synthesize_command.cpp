#include <memory>
#include <string>
#include <vector>

#include "host/app/command.hpp"
#include "host/app/training_program.hpp"
#include "quant_models/metadata.hpp"

namespace flashcell::app {
namespace {

struct SynthesisOptions {
  std::string model, method, count = "64", minutes = "10", seed = "1", threads, output = "synthesized";
  host::PictureOptions pictures;
  bool restart = false, quiet = false;
};

int synthesize(const SynthesisOptions& o) {
  std::vector<std::string> words = {"synthesize", o.model,  "--count", o.count,    "--minutes",
                                    o.minutes,    "--seed", o.seed,    "--output", o.output};
  add_picture_words(o.pictures, words);
  if (!o.method.empty()) words.insert(words.end(), {"--method", o.method});
  if (!o.threads.empty()) words.insert(words.end(), {"--threads", o.threads});
  if (o.restart) words.emplace_back("--restart");
  if (o.quiet) words.emplace_back("--quiet");
  become_training_program(std::move(words));
}

}  // namespace

void add_synthesize(Command& app, Action& action) {
  Command& command = app.add_subcommand("synthesize", "Draw pictures out of a network, to quantize it without data");
  command.footer(
      "Writes pictures.npz, as the network takes them, and sheet.png. A run that was stopped goes on where it was "
      "when\n"
      "the same command is given again. `flashcell quantize --data-free` does this and trains on what it has drawn.");
  auto o = std::make_shared<SynthesisOptions>();
  command.add_option("MODEL", o->model, "ONNX file of a network in floating point, batch normalization kept")
      .required();
  command.add_option("--method", o->method, "How")
      .one_of({"noise", "distill", "gdfq", "ddaq", "coleq", "psaq", "psaq-v2", "sardfq"});
  command.add_option("--count", o->count, "Pictures");
  command.add_option("--minutes", o->minutes, "About so many of one processor core");
  add_pixel_options(command, o->pictures);
  add_size_option(command, o->pictures);
  command.add_option("--seed", o->seed, "The same seed gives the same pictures");
  command.add_option("--threads", o->threads, "At most 4 are of use; all processors unless stated");
  command.add_option("-o,--output", o->output, "Folder");
  command.add_flag("--restart", o->restart, "Begin anew where an unfinished run lies in the output folder");
  command.add_flag("-q,--quiet", o->quiet, "No progress line");
  command.callback([o, &action] { action = [o] { return synthesize(*o); }; });
}

}  // namespace flashcell::app
