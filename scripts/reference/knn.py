"""Reference values of src/learn/steps/knn.rs."""
import numpy as np
from sklearn.impute import KNNImputer

nan = np.nan
train = np.array([[1, 2, nan], [3, 4, 3], [nan, 6, 5], [8, 8, 7], [2, nan, 9]])
new = np.array([[nan, 5, 4], [2.5, nan, nan], [nan, nan, 6.5], [nan, nan, nan]])
print(KNNImputer(n_neighbors=2).fit(train).transform(new).tolist())
