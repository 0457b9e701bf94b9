#include "quant_models/manycore/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/error.hpp"
#include "quant_models/manycore/parallel.hpp"

namespace flashcell::quant::manycore {

Simulation::Simulation(const SparseNetwork& network, const MachineRun& run, std::span<const float> inputs)
    : network_(network),
      chip_(run.chip),
      options_(run.options),
      placement_(run.placement),
      inputs_(inputs),
      steps_(run.steps),
      core_mhz_(run.level.clock_mhz),
      grid_(run.chip, run.options.chips),
      fabric_(run.chip, grid_),
      elements_(static_cast<size_t>(run.placement.elements)),
      scratch_(static_cast<size_t>(std::max(1, run.options.threads))),
      use_(elements_.size()),
      phase_clocks_(elements_.size()),
      element_phase_(elements_.size()) {
  prepare();
}

void Simulation::prepare() {
  const auto sequences = static_cast<size_t>(options_.sequences);
  const size_t layers = network_.layers.size(), slices = placement_.slices.size();
  load_programs();
  expect_packets();
  messages_.resize(slices * sequences * 2);
  for (size_t s = 0; s < slices; ++s)
    states_.insert(states_.end(), sequences, std::vector<float>(placement_.slices[s].neurons.size()));
  layer_slices_.resize(layers);
  for (const NeuronSlice& slice : placement_.slices) ++layer_slices_[static_cast<size_t>(slice.layer)];
  done_slices_.resize(layers * sequences);
  all_done_.assign(layers * sequences, -1);
  layer_events_.resize(layers);
  outputs_.resize(sequences * static_cast<size_t>(steps_ * network_.layers.back().hidden));
  add_phases();
  // A packet's way from the farthest element to the router of chip 0, and back.
  const double hops = 2.0 * (fabric_.mesh().farthest() + 1);
  barrier_wave_ = duration(hops * chip_.hop_clocks, chip_.mesh_mhz) +
                  2 * (grid_.farthest() + 1) * duration(1 + chip_.router_latency_clocks, chip_.router_mhz) +
                  2 * grid_.farthest() * static_cast<Picoseconds>(chip_.link_latency_ns * 1e3);
}

void Simulation::load_programs() {
  const SlicesByElement by_element(placement_);
  programs_.resize(placement_.slices.size());
  run_parallel(scratch_.size(), elements_.size(), [&](size_t, size_t e) {
    elements_[e].sources = columns_of(network_, by_element.of(e));
    for (const NeuronSlice* slice : by_element.of(e)) {
      const auto s = static_cast<size_t>(slice - placement_.slices.data());
      const EventLayer& layer = network_.layers[static_cast<size_t>(slice->layer)];
      programs_[s] = slice_program(layer, *slice, elements_[e].sources);
    }
  });
  for (uint32_t s = 0; s < programs_.size(); ++s)
    for (int b = 0; b < options_.sequences; ++b)
      elements_[static_cast<size_t>(placement_.slices[s].element)].jobs.push_back({s, b});
  for (Element& element : elements_)
    element.inboxes.resize(element.sources.size() * static_cast<size_t>(options_.sequences) * 2);
}

void Simulation::expect_packets() {
  std::vector<std::vector<SourceColumns>> columns;
  for (const Element& element : elements_) columns.push_back(element.sources);
  routes_ = std::make_unique<Routes>(network_, placement_, columns, chip_, grid_);
  for (Element& element : elements_) element.expected.resize(element.sources.size());
  for (size_t s = 0; s < placement_.slices.size(); ++s) {
    const NeuronSlice& slice = placement_.slices[s];
    Element& own = elements_[static_cast<size_t>(slice.element)];
    ++own.expected[source_place(own, slice.layer)];
    for (const RouteEntry& entry : routes_->of(s))
      for (uint32_t i = 0; i < entry.count; ++i) {
        Element& element = elements_[static_cast<size_t>(routes_->elements()[entry.first + i])];
        ++element.expected[source_place(element, slice.layer)];
      }
  }
}

size_t Simulation::source_place(const Element& element, int layer) const {
  size_t i = 0;
  while (element.sources[i].layer != layer) ++i;
  return i;
}

Simulation::Inbox& Simulation::inbox(Element& element, size_t source, int sequence, int64_t step) {
  const size_t place = source * static_cast<size_t>(options_.sequences) + static_cast<size_t>(sequence);
  return element.inboxes[2 * place + static_cast<size_t>(step & 1)];
}

size_t Simulation::message_place(uint32_t slice, int sequence, int64_t step) const {
  return 2 * (slice * static_cast<size_t>(options_.sequences) + static_cast<size_t>(sequence)) +
         static_cast<size_t>(step & 1);
}

// With all layers on all elements a layer is a phase; where each has its own, layer l is l steps behind the first.
int Simulation::phase_of(int layer, int64_t step) const {
  const auto layers = static_cast<int64_t>(network_.layers.size());
  return static_cast<int>(placement_.spread == Spread::all ? step * layers + layer : step + layer);
}

void Simulation::add_phases() {
  const int layers = static_cast<int>(network_.layers.size());
  phase_jobs_.resize(static_cast<size_t>(phase_of(layers - 1, steps_ - 1)) + 1);
  phase_most_.resize(phase_jobs_.size());
  for (int l = 0; l < layers; ++l)
    for (int64_t t = 0; t < steps_; ++t)
      phase_jobs_[static_cast<size_t>(phase_of(l, t))] +=
          static_cast<int64_t>(layer_slices_[static_cast<size_t>(l)]) * options_.sequences;
}

void Simulation::run() {
  if (options_.schedule == Schedule::barrier) {
    queue_.add(0, {Kind::release, 0, 0, 0, 0, {}, 0, 0});
  } else {
    for (size_t e = 0; e < elements_.size(); ++e)
      for (int b = 0; b < options_.sequences; ++b)
        for (int64_t t = 0; t < std::min<int64_t>(2, steps_); ++t) fetch_inputs(static_cast<int>(e), b, t);
    for (size_t e = 0; e < elements_.size(); ++e) try_start(static_cast<int>(e));
  }
  while (!queue_.empty() || !begun_.empty()) {
    if (!begun_.empty() && (queue_.empty() || queue_.next_time() >= begun_bound_)) {
      compute_begun();
      continue;
    }
    now_ = queue_.next_time();
    handle(queue_.take());
  }
  for (const Element& element : elements_)
    if (!element.jobs.empty() && element.step != steps_)
      throw std::logic_error("manycore: elements wait for one another");
}

void Simulation::fetch_inputs(int number, int sequence, int64_t step) {
  Element& element = elements_[static_cast<size_t>(number)];
  if (step >= steps_ || element.sources.empty() || element.sources[0].layer >= 0) return;
  const int per_chip = static_cast<int>(chip_.elements);
  const int64_t bytes = element.sources[0].kept() * static_cast<int64_t>(sizeof(float));
  Inbox& box = inbox(element, 0, sequence, step);
  box.step = step;
  box.last = fabric_.fetch(number / per_chip, fabric_.mesh().node_of(number % per_chip), bytes, now_);
}

bool Simulation::all_there(Element& element, size_t source, int sequence, int64_t step, Picoseconds& when) {
  const Inbox& box = inbox(element, source, sequence, step);
  const bool from_memory = element.sources[source].layer < 0;
  if (options_.schedule == Schedule::event || from_memory) {
    if (box.step != step || (!from_memory && box.count != element.expected[source])) return false;
  }
  if (box.step == step) when = std::max(when, box.last);
  return true;
}

// Buffers hold two steps: a layer's outputs of one step overwrite those of the last but one, which its own elements and
// those of the layer above must have read.
bool Simulation::credits_allow(int layer, int sequence, int64_t step) const {
  const auto sequences = static_cast<size_t>(options_.sequences);
  const size_t own = static_cast<size_t>(layer) * sequences + static_cast<size_t>(sequence);
  if (all_done_[own] < step - 1) return false;
  return own + sequences >= all_done_.size() || all_done_[own + sequences] >= step - 2;
}

void Simulation::try_start(int number) {
  Element& element = elements_[static_cast<size_t>(number)];
  if (element.computing || element.jobs.empty() || element.step == steps_) return;
  const Job job = element.jobs[element.next_job];
  const int64_t step = element.step;
  const SliceProgram& program = programs_[job.slice];
  const int layer = placement_.slices[job.slice].layer;
  if (options_.schedule == Schedule::barrier) {
    if (phase_of(layer, step) > phase_) return;
  } else if (!credits_allow(layer, job.sequence, step)) {
    return;
  }
  Picoseconds start = std::max(now_, element.free);
  if (!all_there(element, program.input_source, job.sequence, step, start)) return;
  if (step > 0 && !all_there(element, program.recurrent_source, job.sequence, step - 1, start)) return;
  element.computing = true;
  const Picoseconds least = start + duration(chip_.nonzero_clocks * static_cast<double>(program.nonzeros()), core_mhz_);
  begun_bound_ = begun_.empty() ? least : std::min(begun_bound_, least);
  begun_.push_back({number, job, step, start, {}});
}

void Simulation::compute_begun() {
  run_parallel(scratch_.size(), begun_.size(), [&](size_t thread, size_t i) { compute(begun_[i], scratch_[thread]); });
  // What ends first need not have begun first; the queue sorts them.
  const std::vector<Begun> all = std::move(begun_);
  begun_.clear();
  for (const Begun& begun : all) finish_computing(begun);
}

void Simulation::compute(Begun& begun, Scratch& scratch) {
  Element& element = elements_[static_cast<size_t>(begun.element)];
  const SliceProgram& program = programs_[begun.job.slice];
  const auto fill = [&](size_t source, int64_t step, std::vector<float>& values) {
    const SourceColumns& columns = element.sources[source];
    values.assign(static_cast<size_t>(columns.kept()), 0.0F);
    const Inbox& box = inbox(element, source, begun.job.sequence, step);
    if (step < 0 || box.step != step) return;
    for (const uint32_t slice : box.slices)
      put(messages_[message_place(slice, begun.job.sequence, step)], columns, values);
  };
  fill(program.input_source, begun.step, scratch.inputs);
  fill(program.recurrent_source, begun.step - 1, scratch.outputs);
  const SourceColumns& source = element.sources[program.input_source];
  if (source.layer < 0) {
    const size_t first = static_cast<size_t>((begun.job.sequence * steps_ + begun.step) * source.width);
    for (size_t i = 0; i < scratch.inputs.size(); ++i)
      scratch.inputs[i] = inputs_[first + (source.all ? i : source.columns[i])];
  }
  std::vector<NeuronEvent>& events = messages_[message_place(begun.job.slice, begun.job.sequence, begun.step)];
  events.clear();
  const size_t state =
      begun.job.slice * static_cast<size_t>(options_.sequences) + static_cast<size_t>(begun.job.sequence);
  begun.count = run_step(program, scratch, states_[state], events);
}

// Counted from gated_state() and egru_unit(): three exponentials and divisions; the rest of sigmoids, tanh, z h + (1-z)
// g.
double Simulation::unit_clocks() const {
  return 3 * (chip_.exponential_clocks + chip_.divide_clocks) + 5 * chip_.multiply_clocks + 11 * chip_.add_clocks +
         8 * chip_.load_clocks + 2 * chip_.store_clocks;
}

std::vector<double> Simulation::clocks_of(const Begun& begun) {
  Element& element = elements_[static_cast<size_t>(begun.element)];
  const SliceProgram& program = programs_[begun.job.slice];
  const int layer = placement_.slices[begun.job.slice].layer;
  std::vector<double> clocks(kWorks);
  const auto receive = [&](size_t source, int64_t step) {
    Inbox& box = inbox(element, source, begun.job.sequence, step);
    if (step < 0 || box.step != step || box.taken || element.sources[source].layer < 0) return;
    box.taken = true;
    clocks[kReceive] += static_cast<double>(box.packets) * chip_.receive_clocks;
    use_[static_cast<size_t>(begun.element)].received += box.packets;
  };
  receive(program.input_source, begun.step);
  receive(program.recurrent_source, begun.step - 1);
  const auto product = [&](const SparseRows<float>& rows, int64_t products) {
    return static_cast<double>(rows.values.size()) * chip_.nonzero_clocks +
           static_cast<double>(products) * chip_.multiply_clocks +
           (static_cast<double>(rows.starts.size()) - 1) * chip_.row_clocks;
  };
  clocks[kInputProduct] = product(program.input_weights, begun.count.input_products);
  clocks[kRecurrentProduct] = product(program.recurrent_weights, begun.count.recurrent_products);
  clocks[kPointwise] = static_cast<double>(program.neurons.size()) * unit_clocks();
  // Inputs come, and outputs go, by DMA.
  const int transfers = (layer == 0 ? 1 : 0) + (layer + 1 == static_cast<int>(network_.layers.size()) ? 1 : 0);
  clocks[kTransfer] = transfers * chip_.transfer_clocks;
  return clocks;
}

void Simulation::finish_computing(const Begun& begun) {
  const std::vector<double> clocks = clocks_of(begun);
  const int layer = placement_.slices[begun.job.slice].layer;
  const bool kept = begun.step == options_.timeline_step && begun.job.sequence == 0;
  Picoseconds at = begun.start;
  for (const Work work : {kTransfer, kReceive, kInputProduct, kRecurrentProduct, kPointwise}) {
    add_clocks(begun.element, phase_of(layer, begun.step), work, clocks[work]);
    const Picoseconds end = at + duration(clocks[work], core_mhz_);
    if (kept && end > at) timeline_.push_back({begun.element, layer, work, at, end});
    at = end;
  }
  const SliceProgram& program = programs_[begun.job.slice];
  visits_ += program.nonzeros();
  products_ += begun.count.input_products + begun.count.recurrent_products;
  queue_.add(at, {Kind::done, begun.job.slice, begun.job.sequence, begun.step, 0, {}, 0, 0});
}

void Simulation::handle(const Event& event) {
  switch (event.kind) {
    case Kind::hop:
      return handle_hop(event);
    case Kind::router:
      return handle_router(event);
    case Kind::done:
      return handle_done(event);
    case Kind::release:
      return handle_release(event.step);
  }
}

void Simulation::handle_done(const Event& event) {
  const NeuronSlice& slice = placement_.slices[event.slice];
  Element& element = elements_[static_cast<size_t>(slice.element)];
  const std::vector<NeuronEvent>& events = messages_[message_place(event.slice, event.sequence, event.step)];
  layer_events_[static_cast<size_t>(slice.layer)] += static_cast<int64_t>(events.size());
  if (slice.layer + 1 == static_cast<int>(network_.layers.size())) {
    const size_t first = static_cast<size_t>((event.sequence * steps_ + event.step) * network_.layers.back().hidden);
    for (const NeuronEvent& e : events) outputs_[first + e.neuron] = e.value;
  }
  const bool closes = options_.schedule == Schedule::event;
  const bool sends = !routes_->of(event.slice).empty();
  send(event, sends ? static_cast<int64_t>(events.size()) + (closes ? 1 : 0) : 0);
  element.computing = false;
  if (++element.next_job == element.jobs.size()) {
    element.next_job = 0;
    ++element.step;
  }
  if (closes && slice.layer == 0) fetch_inputs(slice.element, event.sequence, event.step + 2);
  count_done(slice.layer, event.sequence, event.step);
  try_start(slice.element);
  end_phase();
}

void Simulation::send(const Event& event, int64_t packets) {
  const NeuronSlice& slice = placement_.slices[event.slice];
  Element& element = elements_[static_cast<size_t>(slice.element)];
  const double clocks = static_cast<double>(packets) * chip_.send_clocks;
  add_clocks(slice.element, phase_of(slice.layer, event.step), kSend, clocks);
  use_[static_cast<size_t>(slice.element)].sent += packets;
  element.free = now_ + duration(clocks, core_mhz_);
  end_ = std::max(end_, element.free);
  phase_end_ = std::max(phase_end_, element.free);
  if (event.step == options_.timeline_step && event.sequence == 0 && packets > 0)
    timeline_.push_back({slice.element, slice.layer, kSend, now_, element.free});
  // Its own outputs are in its memory.
  Event own = event;
  own.packets = 0;
  deliver(slice.element, own, {now_, now_});
  if (packets == 0) return;
  Event train = event;
  train.kind = Kind::hop;
  train.packets = packets;
  train.train = {now_ + duration(chip_.send_clocks, core_mhz_), element.free};
  const int per_chip = static_cast<int>(chip_.elements);
  train.chip = slice.element / per_chip;
  train.node = fabric_.mesh().node_of(slice.element % per_chip);
  ++on_the_way_;
  queue_.add(train.train.first, train);
}

void Simulation::handle_hop(Event event) {
  const Mesh& mesh = fabric_.mesh();
  if (event.node == mesh.router()) return handle_router(event);
  const Direction direction = mesh.next(event.node, mesh.router());
  event.train = fabric_.cross(event.chip, event.node, direction, event.train, event.packets * chip_.packet_flits());
  event.node = mesh.neighbour(event.node, direction);
  queue_.add(event.train.first, event);
}

// All that leaves a router goes over links that nothing but this router's packets take (and fetched inputs), in the
// order in which it leaves: they can be crossed at once.
void Simulation::handle_router(const Event& event) {
  --on_the_way_;
  const std::vector<RouteEntry>& entries = routes_->of(event.slice);
  const auto entry =
      std::find_if(entries.begin(), entries.end(), [&](const RouteEntry& e) { return e.chip == event.chip; });
  const Train routed = fabric_.route(event.chip, event.train, event.packets);
  for (int link = 0; link < ChipGrid::kLinks; ++link) {
    if ((entry->links >> link & 1) == 0) continue;
    Event copy = event;
    copy.kind = Kind::router;
    copy.train = fabric_.leave(event.chip, link, routed, event.packets);
    copy.chip = grid_.neighbour(event.chip, link);
    ++on_the_way_;
    queue_.add(copy.train.first, copy);
  }
  if (entry->count > 0) {
    Fabric::Copies copies(fabric_, event.chip, routed, event.packets * chip_.packet_flits());
    const int first = event.chip * static_cast<int>(chip_.elements);
    for (uint32_t i = 0; i < entry->count; ++i) {
      const int element = routes_->elements()[entry->first + i];
      deliver(element, event, copies.at(fabric_.mesh().node_of(element - first)));
    }
  }
  end_phase();
}

void Simulation::deliver(int number, const Event& event, const Train& train) {
  Element& element = elements_[static_cast<size_t>(number)];
  Inbox& box = inbox(element, source_place(element, placement_.slices[event.slice].layer), event.sequence, event.step);
  if (box.step != event.step) {
    box.step = event.step;
    box.count = 0;
    box.last = 0;
    box.packets = 0;
    box.taken = false;
    box.slices.clear();
  }
  ++box.count;
  box.last = std::max(box.last, train.last);
  box.packets += event.packets;
  box.slices.push_back(event.slice);
  end_ = std::max(end_, train.last);
  phase_end_ = std::max(phase_end_, train.last);
  if (options_.schedule == Schedule::event) try_start(number);
}

void Simulation::count_done(int layer, int sequence, int64_t step) {
  const size_t place = static_cast<size_t>(layer * options_.sequences + sequence);
  --phase_jobs_[static_cast<size_t>(phase_of(layer, step))];
  if (++done_slices_[place] < layer_slices_[static_cast<size_t>(layer)]) return;
  done_slices_[place] = 0;
  all_done_[place] = step;
  if (layer == 0 && sequence == 0 && options_.progress) options_.progress(step);
  if (options_.schedule != Schedule::event) return;
  for (size_t e = 0; e < elements_.size(); ++e) try_start(static_cast<int>(e));
}

void Simulation::end_phase() {
  if (options_.schedule != Schedule::barrier || on_the_way_ > 0 || phase_jobs_[static_cast<size_t>(phase_)] > 0) return;
  if (released_ > phase_ || phase_ + 1 == static_cast<int64_t>(phase_jobs_.size())) return;
  released_ = phase_ + 1;
  queue_.add(std::max(now_, phase_end_) + barrier_wave_, {Kind::release, 0, 0, phase_ + 1, 0, {}, 0, 0});
}

void Simulation::handle_release(int64_t phase) {
  phase_ = phase;
  phase_end_ = now_;
  // With all layers on all elements step t of the first begins at phase t times layers; else at phase t.
  const auto layers = static_cast<int64_t>(network_.layers.size());
  const bool fetches = placement_.spread == Spread::layers || phase % layers == 0;
  const int64_t step = placement_.spread == Spread::layers ? phase : phase / layers;
  for (size_t e = 0; e < elements_.size(); ++e) {
    for (int b = 0; fetches && b < options_.sequences; ++b) fetch_inputs(static_cast<int>(e), b, step);
    try_start(static_cast<int>(e));
  }
}

// Elements go through the phases in their order.
void Simulation::add_clocks(int element, int phase, Work work, double clocks) {
  const auto e = static_cast<size_t>(element);
  use_[e].clocks[work] += clocks;
  if (element_phase_[e] != phase) phase_clocks_[e] = 0;
  element_phase_[e] = phase;
  phase_clocks_[e] += clocks;
  double& most = phase_most_[static_cast<size_t>(phase)];
  most = std::max(most, phase_clocks_[e]);
}

}  // namespace flashcell::quant::manycore
