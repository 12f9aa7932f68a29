# Reference values of src/learn/steps/combat.rs: ComBat written from Johnson, Li and Rabinovic,
# Biostatistics 2007;8:118-27, sections 3.1 to 3.3 (parametric priors, no covariates).
options(digits = 17)
batch <- c("a", "a", "a", "b", "b", "b", "b")
x <- rbind(c(1, 2, 4, 3, 5, 7, 9), c(0.5, 0.1, 0.9, 1.5, 1.9, 1.1, 2.5), c(10, 12, 11, 14, 11, 12, 19))
alpha <- rowMeans(x)
fitted <- t(apply(x, 1, function(v) ave(v, batch)))
sigma <- sqrt(rowMeans((x - fitted)^2))
z <- (x - alpha) / sigma
out <- z
for (b in unique(batch)) {
  own <- z[, batch == b]; n <- ncol(own)
  g <- rowMeans(own); d <- apply(own, 1, var)
  gb <- mean(g); t2 <- var(g); m <- mean(d); s2 <- var(d)
  la <- (2 * s2 + m^2) / s2; th <- (m * s2 + m^3) / s2
  for (j in seq_along(g)) {
    gs <- g[j]; ds <- d[j]
    repeat {
      gn <- (t2 * n * g[j] + ds * gb) / (t2 * n + ds)
      dn <- (0.5 * sum((own[j, ] - gn)^2) + th) / (n / 2 + la - 1)
      change <- max(abs(gn - gs) / abs(gs), abs(dn - ds) / ds)
      gs <- gn; ds <- dn
      if (change <= 1e-4) break
    }
    out[j, batch == b] <- (own[j, ] - gs) / sqrt(ds)
  }
}
out <- out * sigma + alpha
cat(apply(t(out), 1, function(r) paste0("[", paste(format(r, digits = 15), collapse = ", "), "]")), sep = ",\n")
