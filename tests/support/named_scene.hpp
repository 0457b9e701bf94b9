#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/reliability.hpp"
#include "pipeline/namer.hpp"
#include "tracking/recognition_training.hpp"

// Generated scenes, whose objects' classes are known, learned from and named.
namespace flashcell::test {

/// Who names: a network, or what was learned from annotations.
struct SceneNamer {
  std::vector<std::string> classes;
  NamerFactory make;  ///< of a network
  const tracking::Recognizer* recognizer = nullptr;
};

struct Share {
  int right = 0, all = 0;
  double value() const { return all > 0 ? static_cast<double>(right) / all : 0; }
};

/// What became of a scene. Objects that nothing else touches count, of classes that the namer knows.
struct NamedScene {
  Share objects;  ///< in single frames; of networks
  Share tracks;   ///< by the name at their end
  Reliability rows;
  tracking::NamedSightings named;
};

/// One sighting of an object that was named: the track's id, its true class as a number of the namer's, what the namer
/// said.
using NamedSighting = std::function<void(uint32_t track, int truth, const tracking::ClassBelief& name)>;

NamedScene name_scene(const std::string& spec, const SceneNamer& namer, const NamedSighting& see = {});

/// A person's annotations: in every `every`-th frame every object that nothing touches, at most `objects` different
/// ones; learned from.
tracking::CalibratedRecognition learn_scene(const std::string& spec, int every, int objects);

}  // namespace flashcell::test
