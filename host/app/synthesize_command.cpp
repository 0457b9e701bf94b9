#include <memory>
#include <string>
#include <vector>

#include "host/app/command.hpp"
#include "host/app/training_program.hpp"
#include "quant_models/data_free/picture_method.hpp"
#include "quant_models/metadata.hpp"

namespace flashcell::app {
namespace {

struct SynthesisOptions {
  std::string model;
  host::PictureOptions pictures;
  HandedOn others;
};

int synthesize(const SynthesisOptions& o) {
  std::vector<std::string> words = {"synthesize", o.model};
  add_picture_words(o.pictures, words);
  o.others.append_to(words);
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
  HandedOn& others = o->others;
  others.add(command, "--method", "How").one_of(names_in(quant::kPictureMethodNames));
  others.add(command, "--count", "Pictures", "64");
  others.add(command, "--minutes", "About so many of one processor core", "10");
  add_pixel_options(command, o->pictures);
  add_size_option(command, o->pictures);
  others.add(command, "--seed", "The same seed gives the same pictures", "1");
  others.add(command, "--threads", "At most 4 are of use; all processors unless stated");
  others.add(command, "-o,--output", "Folder", "synthesized");
  others.add_flag(command, "--restart", "Begin anew where an unfinished run lies in the output folder");
  others.add_flag(command, "-q,--quiet", "No progress line");
  command.callback([o, &action] { action = [o] { return synthesize(*o); }; });
}

}  // namespace flashcell::app
