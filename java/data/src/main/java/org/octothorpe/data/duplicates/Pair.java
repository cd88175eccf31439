package org.octothorpe.data.duplicates;

/**
 * Two images that may show the same.
 *
 * @param query index of the one that duplicates were searched for
 * @param match index of the one that was found
 * @param pass what proposed them first
 * @param score {@link Alignment#score}, or 1 for equal files
 * @param mirrored whether one is the other's mirror image
 * @param feature inner product of their regional features; NaN without a network, or if these are
 *     not near
 */
public record Pair(
    int query, int match, PairSource pass, double score, boolean mirrored, double feature) {}
