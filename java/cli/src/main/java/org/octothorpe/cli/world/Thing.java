package org.octothorpe.cli.world;

import java.util.List;
import java.util.Locale;

/** The classes of the world: what an image is of, and the hashtags that people give it. */
public enum Thing {
  /** Body, tail, fins. */
  FISH("fish fishing underthesea fishes", "animal wildlife"),
  /** Body, head, beak, wing. */
  BIRD("bird birds birdie feathers", "animal wildlife"),
  /** Two pairs of wings. */
  BUTTERFLY("butterfly butterflies papillon", "animal insect"),
  /** Two wheels, a cabin. */
  CAR("car cars auto ride", "vehicle travel"),
  /** Hull and sails. */
  BOAT("boat sailing yacht", "vehicle travel"),
  /** Trunk and crown. */
  TREE("tree trees pine woods", "plant nature"),
  /** Petals around a centre. */
  FLOWER("flower flowers bloom blossom", "plant nature"),
  /** Cap and stem. */
  MUSHROOM("mushroom fungi toadstool", "plant nature"),
  /** Walls, roof, windows. */
  HOUSE("house home cottage", "building architecture"),
  /** A cup with a handle. */
  CUP("cup coffee mug teatime", "kitchen drinks");

  // Separated by spaces: an enum holds nothing that could change.
  private final String words;
  private final String wider;

  Thing(String words, String wider) {
    this.words = words;
    this.wider = wider;
  }

  /** Returns its hashtags, the most frequent first; all mean the same. */
  public List<String> words() {
    return List.of(words.split(" "));
  }

  /** Returns hashtags that it shares with other classes. */
  public List<String> wider() {
    return List.of(wider.split(" "));
  }

  /** Returns its name in lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
