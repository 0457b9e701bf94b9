#pragma once
#include <string>
#include <vector>

#include "host/app/network_run.hpp"
#include "quant_models/data/cifar10.hpp"

namespace flashcell::app {

/// Pictures of which the class is known, for a classifier.
struct LabelledPictures {
  quant::LabelledImages images;
  std::vector<int> objects;  ///< which object each shows

  size_t size() const { return images.labels.size(); }
};

/// Reads a CIFAR-10 file (.bin), MNIST's folder (its test images), or a folder or archive with a folder of pictures a
/// class. Throws Error and quant::ModelError: a network that is no classifier or does not say what pixels mean to it
/// (usage), pictures that cannot be read or do not fit it (input). `file` is the network's.
/// Class folders are named as the network's classes; where it has no names, numbers are the classes' own.
LabelledPictures read_labelled_pictures(const std::string& data, const NetworkRun& network, const std::string& file,
                                        const host::PictureOptions& options = {});

/// Throws Error(Fault::usage) for a network that does not give one number a class.
void check_classifier(const NetworkRun& network, const std::string& file);

/// What the network said of the classes in its last run; real numbers, also of integers.
std::vector<float> scores_of(const NetworkRun& network);

/// All pictures as numbers of the network's input, one behind the other. preprocessing() must be known.
std::vector<float> input_numbers(const LabelledPictures& pictures, const NetworkRun& network);

/// What the network says of the classes of picture `i`; real numbers, also of integers.
std::vector<float> scores_of(NetworkRun& network, const LabelledPictures& pictures, size_t i);

}  // namespace flashcell::app
