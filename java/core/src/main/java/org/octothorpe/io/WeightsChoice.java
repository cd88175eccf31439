package org.octothorpe.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The dict of weights among what else a pickle holds, and what is left aside.
 *
 * <p>A dict in which a text names a tensor is a set of weights, but for those of an optimizer and
 * its like. Of several, one under a usual name is taken before one under another, and averaged ones
 * last.
 *
 * @param where the names that lead to it, joined by dots; empty for the whole
 * @param prefix what the keys that are meant start with; empty for all
 * @param tensors the tensors by key
 * @param others what the keys of the dict hold that do not name a tensor
 * @param aside the names of what is beside it
 * @param alternatives where other sets of weights are
 */
record WeightsChoice(
    String where,
    String prefix,
    Map<String, PickledTensor> tensors,
    Map<String, String> others,
    List<String> aside,
    List<String> alternatives) {
  private static final int MAX_NESTING = 4;

  /** The names that training scripts give to weights, the likeliest first. */
  private static final List<String> USUAL =
      List.of(
          "state_dict",
          "model_state_dict",
          "model_state",
          "model",
          "net",
          "network",
          "module",
          "weights",
          "params",
          "backbone",
          "encoder");

  private static final Pattern AVERAGED =
      Pattern.compile("(?i).*(^|[_.])(ema|swa|averaged?|shadow)([_.].*|$)");
  private static final Pattern NO_WEIGHTS =
      Pattern.compile("(?i)(.*optim.*|.*sched.*|.*scaler.*|callbacks|loops|amp|.*rng.*|grads?)");

  private static final int OTHER_NAME = USUAL.size() + 1;
  private static final int NAMED = 5;
  private static final int MAX_SHOWN = 80;

  /** A dict on the way to weights, and the name in it that leads on. */
  private record Step(Map<?, ?> dict, String name) {}

  /** A dict that names tensors, and the way to it. */
  private record Candidate(String where, Map<?, ?> dict, List<Step> way, long tensors) {
    /** How unlikely it is that these are meant; of a way of several names, that of the worst. */
    int rank() {
      if (where.isEmpty()) {
        return USUAL.size();
      }
      if (AVERAGED.matcher(where).matches()) {
        return USUAL.size() + 2;
      }
      int worst = 0;
      for (String name : where.split("[.]", -1)) {
        int usual = USUAL.indexOf(name);
        worst = Math.max(worst, usual >= 0 ? usual : OTHER_NAME);
      }
      return worst;
    }
  }

  /**
   * Chooses.
   *
   * @param name what to take: where it is, or what its keys start with, or both with a dot between;
   *     null for the likeliest
   * @throws CorruptFileException if there are no weights, none of that name, or several between
   *     which only a name can choose
   */
  static WeightsChoice of(Path file, Object root, @Nullable String name) throws IOException {
    List<Candidate> found = new ArrayList<>();
    collect("", root, List.of(), found, Collections.newSetFromMap(new IdentityHashMap<>()));
    if (found.isEmpty()) {
      if (root instanceof Map<?, ?> dict && dict.isEmpty()) {
        return new WeightsChoice("", "", Map.of(), Map.of(), List.of(), List.of());
      }
      throw new CorruptFileException(file, noWeights(root));
    }
    found.sort(Comparator.comparingInt(Candidate::rank)); // stable: else in the file's order
    if (name == null) {
      Candidate first = found.get(0);
      List<Candidate> equals = found.stream().filter(c -> c.rank() == first.rank()).toList();
      if (equals.size() > 1 && first.rank() == OTHER_NAME) {
        throw new CorruptFileException(
            file,
            "it has several sets of weights, %s; name the one to read (--weights NAME)"
                .formatted(places(equals)));
      }
      return choice(first, "", found);
    }
    List<Candidate> longest = new ArrayList<>(found);
    longest.sort(Comparator.comparingInt(candidate -> -candidate.where.length()));
    for (Candidate candidate : longest) {
      if (candidate.where.equals(name)) {
        return choice(candidate, "", found);
      }
      String way = candidate.where.isEmpty() ? "" : candidate.where + ".";
      if (name.startsWith(way) && hasPrefix(candidate.dict, name.substring(way.length()))) {
        return choice(candidate, prefix(name.substring(way.length())), found);
      }
    }
    if (hasPrefix(found.get(0).dict, name)) {
      return choice(found.get(0), prefix(name), found);
    }
    throw new CorruptFileException(
        file, "it has no weights '%s'; it has %s".formatted(name, places(found)));
  }

  /** Returns what a user should know of the choice; nothing where the file holds weights alone. */
  List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    String meant = prefix.isEmpty() ? "" : "keys that start with '" + prefix + "'";
    if (!where.isEmpty()) {
      meant = "'" + where + "'" + (meant.isEmpty() ? "" : ", " + meant);
    }
    if (!meant.isEmpty() || !alternatives.isEmpty()) {
      remarks.add(
          "the weights are those of "
              + (meant.isEmpty() ? "the whole" : meant)
              + (alternatives.isEmpty()
                  ? ""
                  : "; others are in "
                      + alternatives.stream()
                          .map(other -> other.isEmpty() ? "the whole" : "'" + other + "'")
                          .collect(Collectors.joining(", "))));
    }
    List<String> unread = new ArrayList<>(aside);
    if (prefix.isEmpty()) {
      unread.addAll(others.keySet());
    }
    if (!unread.isEmpty()) {
      remarks.add("left aside: " + StateDict.listed(unread));
    }
    return remarks;
  }

  /** Returns what keys start with that stand under a name. */
  static String prefix(String name) {
    return name.isEmpty() || name.endsWith(".") ? name : name + ".";
  }

  /** Names a value without walking into it. */
  static String kind(Object value) {
    if (value instanceof Map) {
      return "a dict";
    }
    if (value instanceof List || value instanceof TorchGlobals.Tuple) {
      return "a list";
    }
    if (value instanceof String) {
      return "a text";
    }
    if (value instanceof PickledTensor) {
      return "a tensor";
    }
    if (value instanceof PickledTensor.Storage) {
      return "a storage";
    }
    if (value instanceof TorchGlobals.Inert inert) {
      return inert.what();
    }
    return value instanceof TorchGlobals.Global global
        ? "the class or function '" + global.name() + "'"
        : shown(value);
  }

  private static void collect(
      String where, Object value, List<Step> way, List<Candidate> found, Set<Object> seen) {
    if (!(value instanceof Map<?, ?> dict) || !seen.add(dict)) {
      return;
    }
    long tensors =
        dict.entrySet().stream()
            .filter(e -> e.getKey() instanceof String && e.getValue() instanceof PickledTensor)
            .count();
    if (tensors > 0) {
      found.add(new Candidate(where, dict, way, tensors));
    }
    if (way.size() == MAX_NESTING) {
      return;
    }
    for (Map.Entry<?, ?> entry : dict.entrySet()) {
      if (entry.getKey() instanceof String name && !NO_WEIGHTS.matcher(name).matches()) {
        List<Step> longer = new ArrayList<>(way);
        longer.add(new Step(dict, name));
        collect(where.isEmpty() ? name : where + "." + name, entry.getValue(), longer, found, seen);
      }
    }
  }

  private static WeightsChoice choice(Candidate chosen, String prefix, List<Candidate> found) {
    Map<String, PickledTensor> tensors = new LinkedHashMap<>();
    Map<String, String> others = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : chosen.dict.entrySet()) {
      String key = shown(entry.getKey());
      if (entry.getKey() instanceof String text && entry.getValue() instanceof PickledTensor t) {
        if (text.startsWith(prefix)) {
          tensors.put(text, t);
        }
      } else {
        others.put(key, kind(entry.getValue()));
      }
    }
    List<String> aside = new ArrayList<>();
    for (Step step : chosen.way) {
      step.dict.keySet().stream()
          .filter(key -> !step.name.equals(key))
          .forEach(key -> aside.add(shown(key)));
    }
    Predicate<Candidate> comparable =
        c -> !c.where.equals(chosen.where) && 2 * c.tensors >= chosen.tensors;
    return new WeightsChoice(
        chosen.where,
        prefix,
        tensors,
        others,
        aside,
        found.stream().filter(comparable).map(Candidate::where).toList());
  }

  private static boolean hasPrefix(Map<?, ?> dict, String name) {
    return !name.isEmpty()
        && dict.entrySet().stream()
            .anyMatch(
                entry ->
                    entry.getKey() instanceof String key
                        && key.startsWith(prefix(name))
                        && entry.getValue() instanceof PickledTensor);
  }

  private static String noWeights(Object root) {
    String advice =
        "; of a model that Python saved whole, save the weights there: torch.save("
            + "model.state_dict(), FILE)";
    if (!(root instanceof Map<?, ?> dict)) {
      return "it holds %s, must hold a dict of tensors%s"
          .formatted(kind(root), root instanceof TorchGlobals.Inert ? advice : "");
    }
    String entries =
        dict.entrySet().stream()
            .limit(NAMED)
            .map(entry -> "'%s' holds %s".formatted(shown(entry.getKey()), kind(entry.getValue())))
            .collect(Collectors.joining(", "));
    boolean object = dict.values().stream().anyMatch(value -> value instanceof TorchGlobals.Inert);
    return "it holds no tensors by name: %s%s, must be a tensor%s"
        .formatted(entries, dict.size() > NAMED ? " and so on" : "", object ? advice : "");
  }

  private static String places(List<Candidate> candidates) {
    return candidates.stream()
        .map(c -> c.where.isEmpty() ? "those of the whole" : "'" + c.where + "'")
        .collect(Collectors.joining(", "));
  }

  /** Returns a key as a message shows it: of bounded length, on one line. */
  private static String shown(Object key) {
    String text = String.valueOf(key).replaceAll("\\p{Cntrl}", "?");
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
  }
}
