#include "host/app/interruption.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace flashcell::app {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

std::atomic<bool> end_asked{false};
std::atomic<int> received{0};
std::array<struct sigaction, kSignals.size()> before;

void on_signal(int signal) {
  if (end_asked.exchange(true)) std::_Exit(128 + signal);
  received = signal;
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

}  // namespace

Interruption::Interruption() {
  end_asked = false;
  received = 0;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &before[i]);
    if (before[i].sa_handler != SIG_IGN) handle(kSignals[i], on_signal);
  }
}

Interruption::~Interruption() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before[i], nullptr);
}

const std::atomic<bool>& Interruption::asked() {
  return end_asked;
}

int Interruption::exit_code() {
  return 128 + received;
}

void turn_signals_into_errors() {
  // Handlers, because ignored signals would stay ignored in programs that this one becomes.
  handle(SIGPIPE, [](int) {});
  handle(SIGXFSZ, [](int) {});
}

void end_by_closed_pipe() {
  handle(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  std::_Exit(128 + SIGPIPE);  // where the signal is blocked
}

}  // namespace flashcell::app
