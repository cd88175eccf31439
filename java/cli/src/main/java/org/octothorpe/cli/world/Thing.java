package org.octothorpe.cli.world;

import java.util.List;
import java.util.Locale;
import org.octothorpe.random.Philox;

/** The classes of the world: what an image is of, and the hashtags that people give it. */
public enum Thing {
  /** Body, tail, fins. */
  FISH("fish fishing underthesea fishes", "animal wildlife", "orange blue", "beach night"),
  /** Body, head, beak, wing. */
  BIRD("bird birds birdie feathers", "animal wildlife", "brown grey", "forest meadow"),
  /** Two pairs of wings. */
  BUTTERFLY("butterfly butterflies papillon", "animal insect", "orange purple", "meadow forest"),
  /** Two wheels, a cabin. */
  CAR("car cars auto ride", "vehicle travel", "red grey", "city night"),
  /** Hull and sails. */
  BOAT("boat sailing yacht", "vehicle travel", "white red", "beach sunset"),
  /** Trunk and crown. */
  TREE("tree trees pine woods", "plant nature", "green brown", "meadow snow"),
  /** Petals around a center. */
  FLOWER("flower flowers bloom blossom", "plant nature", "pink yellow", "meadow room"),
  /** Cap and stem. */
  MUSHROOM("mushroom fungi toadstool", "plant nature", "red brown", "forest snow"),
  /** Walls, roof, windows. */
  HOUSE("house home cottage", "building architecture", "yellow white", "snow city"),
  /** A cup with a handle. */
  CUP("cup coffee mug teatime", "kitchen drinks", "white blue", "room city");

  /** How often color and scene are usual ones: real things have habits, and none is certain. */
  private static final double USUAL = 0.5;

  // Separated by spaces: an enum holds nothing that could change.
  private final String words;
  private final String wider;
  private final String colors;
  private final String scenes;

  Thing(String words, String wider, String colors, String scenes) {
    this.words = words;
    this.wider = wider;
    this.colors = colors;
    this.scenes = scenes;
  }

  /** Returns its hashtags, the most frequent first; all mean the same. */
  public List<String> words() {
    return List.of(words.split(" "));
  }

  /** Returns hashtags that it shares with other classes. */
  public List<String> wider() {
    return List.of(wider.split(" "));
  }

  /** Returns one of the colors that it often has, or now and then any. */
  PaintColor color(Philox random) {
    return random.nextDouble() < USUAL
        ? PaintColor.valueOf(any(colors, random))
        : PaintColor.draw(random);
  }

  /** Returns one of the scenes that it is often seen in, or now and then any. */
  Backdrop backdrop(Philox random) {
    return random.nextDouble() < USUAL
        ? Backdrop.valueOf(any(scenes, random))
        : Backdrop.draw(random);
  }

  private static String any(String names, Philox random) {
    List<String> all = List.of(names.split(" "));
    return all.get(random.nextInt(all.size())).toUpperCase(Locale.ROOT);
  }

  /** Returns its name in lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
